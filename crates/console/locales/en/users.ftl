users-count = { $count ->
    [one] 1 user
   *[other] { $count } users
}
users-user = User
users-name = Name
users-id = User ID
users-email = E-mail
users-role = Role
users-status = Status
users-created = Registered
users-last-login = Last log-in
users-updated = Last changed
users-number = Account no.
users-never = never
users-active = Active
users-inactive = Inactive
users-locked-out = Locked out
users-search = Search users
users-search-placeholder = Name, user ID or e-mail
users-search-chip = Search
users-any = Any
users-all-admins = Admin (all)
users-last-login-day = Last 24 hours
users-last-login-week = Last 7 days
users-last-login-month = Last 30 days
users-last-login-over-month = Over 30 days ago
users-last-login-over-quarter = Over 90 days ago
users-last-login-never = Never signed in
users-last-login-ever = At any time
users-last-login-since = From { $from } on
users-last-login-until = Before { $to }
users-last-login-between = { $from } to { $to }
users-more = More
users-registered-from = Registered from
users-registered-to = Registered to
users-days = Both days are included.
users-since = from { $from } on
users-until = until { $to }
users-locked = Locked out
users-locked-yes = Locked out now
users-locked-no = Not locked out
users-sort = Sort by
users-order = Order
users-order-usual = Default
users-order-asc = Ascending
users-order-desc = Descending
users-apply = Apply
users-columns = Columns
users-segments = Saved views
users-everyone = All users
users-segment = Save view
users-segment-name = Name of the view
users-segment-hint = Keeps these filters and this order, for you alone. A name that is there already is replaced.
users-segment-save = Save
users-segment-saved = The view “{ $name }” is saved.
users-segment-delete = Delete “{ $name }”
users-segment-delete-ask = Delete the view “{ $name }”?
users-segment-deleted = The view “{ $name }” is deleted.
users-segment-bad-name = A name has 1 to 60 characters, all of which can be seen, and no slash.
users-segment-full = You have 50 views already. Delete one first.
users-segment-too-long = These filters are too long to be saved.
users-filters = Active filters
users-filter-remove = Remove the filter { $filter }
users-filters-clear = Clear all
users-all-that-match = All { $total } that match
users-none = No users here
users-none-text = This page has no users any more.
users-no-match = No user matches these filters
users-no-match-text = Remove a filter, or search for something else.
users-pick-all = Select everybody on this page
users-pick = Select { $name }
users-picked = Selected users
users-picked-count = selected
users-details = Details
users-details-of = Details of { $name }
users-activate = Activate
users-deactivate = Deactivate
users-unlock = Unlock
users-reset = Reset password
users-edit = Edit
users-view = View
users-delete = Delete
users-sign-out = Sign out everywhere
users-page-size = Rows
users-span = { $span } of { $total }
users-pages = Pages
users-first = First
users-previous = Previous
users-next = Next
users-bulk-deactivate-ask = Deactivate those selected? Every session of theirs ends.
users-bulk-signout-ask = Sign those selected out everywhere?
users-bulk-none = No user was selected.
users-bulk-ask-activate = { $count ->
    [one] Activate 1 user?
   *[other] Activate { $count } users?
}
users-bulk-ask-deactivate = { $count ->
    [one] Deactivate 1 user?
   *[other] Deactivate { $count } users?
}
users-bulk-ask-signout = { $count ->
    [one] Sign 1 user out everywhere?
   *[other] Sign { $count } users out everywhere?
}
users-bulk-ask-delete = { $count ->
    [one] Delete 1 user?
   *[other] Delete { $count } users?
}
users-bulk-text-activate = They will be able to sign in again.
users-bulk-text-deactivate = Every session of theirs ends at once, and they cannot sign in until they are activated again.
users-bulk-text-signout = Every session of theirs ends at once. They can sign in again.
users-bulk-text-delete = The accounts and their sessions are deleted at once and permanently. The audit log keeps their entries.
users-bulk-affected = Affected users
users-bulk-more = { $count ->
    [one] and 1 more
   *[other] and { $count } more
}
users-bulk-part = More than 1,000 users match. These are the first; do it again for the others.
users-bulk-nothing-to-do = This action applies to none of these users.
users-bulk-skipped = { $count ->
    [one] 1 user is left out: it is so already, or you may not.
   *[other] { $count } users are left out: it is so already, or you may not.
}
users-bulk-failed = { $count ->
    [one] 1 user failed.
   *[other] { $count } users failed.
}
users-bulk-done-activate = { $count ->
    [one] 1 user was activated.
   *[other] { $count } users were activated.
}
users-bulk-done-deactivate = { $count ->
    [one] 1 user was deactivated.
   *[other] { $count } users were deactivated.
}
users-bulk-done-signout = { $count ->
    [one] 1 user was signed out everywhere.
   *[other] { $count } users were signed out everywhere.
}
users-bulk-done-delete = { $count ->
    [one] 1 user was deleted.
   *[other] { $count } users were deleted.
}
users-in-the-audit-log = In the audit log
users-bulk-changed = The matching users have changed since you were asked. Check the list again.
