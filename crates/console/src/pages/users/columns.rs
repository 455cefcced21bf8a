use steward_domain::UserSort;

/// An optional column. The user column is always shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    Role,
    Status,
    Created,
    LastLogin,
}

impl Column {
    /// Every column, in display order.
    pub(super) const ALL: [Self; 5] = [Self::Email, Self::Role, Self::Status, Self::Created, Self::LastLogin];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Role => "role",
            Self::Status => "status",
            Self::Created => "created",
            Self::LastLogin => "last_login",
        }
    }

    /// Returns the id of the column's text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Email => "users-email",
            Self::Role => "users-role",
            Self::Status => "users-status",
            Self::Created => "users-created",
            Self::LastLogin => "users-last-login",
        }
    }

    /// Returns the sort key of the column's heading.
    pub(super) fn sort(self) -> Option<UserSort> {
        match self {
            Self::Email => Some(UserSort::Email),
            Self::Created => Some(UserSort::CreatedAt),
            Self::LastLogin => Some(UserSort::LastLogin),
            Self::Role | Self::Status => None,
        }
    }
}

/// The shown columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Columns([bool; Column::ALL.len()]);

impl Default for Columns {
    fn default() -> Self {
        Self([true; Column::ALL.len()])
    }
}

impl Columns {
    pub(super) fn chosen<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: Vec<_> = names.collect();
        Self(Column::ALL.map(|column| names.contains(&column.name())))
    }

    /// Parses the result of [`Columns::to_cookie`].
    pub(super) fn from_cookie(text: &str) -> Self {
        Self::chosen(text.split('.'))
    }

    /// Serialises the columns in characters that are valid in a cookie.
    pub(super) fn to_cookie(self) -> String {
        self.shown().map(Column::name).collect::<Vec<_>>().join(".")
    }

    pub(super) fn has(self, column: Column) -> bool {
        self.0[column as usize]
    }

    pub(super) fn shown(self) -> impl Iterator<Item = Column> {
        Column::ALL.into_iter().filter(move |column| self.has(*column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_columns_survive_the_cookie() {
        for shown in 0..1_u32 << Column::ALL.len() {
            let columns = Columns(Column::ALL.map(|column| shown & (1 << column as u32) != 0));
            assert_eq!(Columns::from_cookie(&columns.to_cookie()), columns);
        }
        assert_eq!(Columns::from_cookie("email.nonsense.last_login").to_cookie(), "email.last_login");
    }
}
