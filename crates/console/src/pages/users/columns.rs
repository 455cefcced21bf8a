use steward_domain::UserSort;

/// A column that can be left out. Who it is about is always shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Email,
    Role,
    Status,
    Created,
    LastLogin,
}

impl Column {
    /// Every column, in the order in which they are shown.
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

    /// The id of the text that names it.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Email => "users-email",
            Self::Role => "users-role",
            Self::Status => "users-status",
            Self::Created => "users-created",
            Self::LastLogin => "users-last-login",
        }
    }

    /// By what the list is sorted under its heading.
    pub(super) fn sort(self) -> Option<UserSort> {
        match self {
            Self::Email => Some(UserSort::Email),
            Self::Created => Some(UserSort::CreatedAt),
            Self::LastLogin => Some(UserSort::LastLogin),
            Self::Role | Self::Status => None,
        }
    }
}

/// Which columns are shown.
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

    /// As [`Columns::print`] wrote them down.
    pub(super) fn read(text: &str) -> Self {
        Self::chosen(text.split('.'))
    }

    /// In letters that a cookie may hold.
    pub(super) fn print(self) -> String {
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
    fn what_was_chosen_is_shown_again() {
        for shown in 0..1_u32 << Column::ALL.len() {
            let columns = Columns(Column::ALL.map(|column| shown & (1 << column as u32) != 0));
            assert_eq!(Columns::read(&columns.print()), columns);
        }
        assert_eq!(Columns::read("email.nonsense.last_login").print(), "email.last_login");
    }
}
