skip-to-content = Skip to content
menu = Menu
navigation = Main
breadcrumb = Where you are
nav-dashboard = Dashboard
nav-users = Users
nav-audit = Audit log
nav-sign-ins = Sign-ins
nav-outbox = Outbox
nav-analytics = Analytics
user-management = User Management
my-account = My account
log-out = Log out
theme = Theme
theme-system = Auto
theme-light = Light
theme-dark = Dark
language = Language
find = Find users and pages
find-placeholder = Find users, pages…
close = Close
offline = You are offline. What you see may be out of date.
role-user = User
role-admin = Admin
role-super-admin = Super admin
time-now = just now
time-ago-minutes = { $n ->
    [one] 1 minute ago
   *[other] { $n } minutes ago
}
time-ago-hours = { $n ->
    [one] 1 hour ago
   *[other] { $n } hours ago
}
time-ago-days = { $n ->
    [one] 1 day ago
   *[other] { $n } days ago
}
time-ago-months = { $n ->
    [one] 1 month ago
   *[other] { $n } months ago
}
time-ago-years = { $n ->
    [one] 1 year ago
   *[other] { $n } years ago
}
time-ahead-minutes = { $n ->
    [one] in 1 minute
   *[other] in { $n } minutes
}
time-ahead-hours = { $n ->
    [one] in 1 hour
   *[other] in { $n } hours
}
time-ahead-days = { $n ->
    [one] in 1 day
   *[other] in { $n } days
}
time-ahead-months = { $n ->
    [one] in 1 month
   *[other] in { $n } months
}
time-ahead-years = { $n ->
    [one] in 1 year
   *[other] in { $n } years
}
try-again = Try again
to-the-start = To the start page
request-id = Request
retry-in = You can try again in { $seconds } seconds.
forbidden = Not for you
forbidden-text = This page is for administrators.
not-found = Not found
not-found-text = This page or user does not exist.
forged-form = This form has expired
forged-form-text = For your safety nothing was changed. Go back, reload the page and send it again.
foreign-form = This form came from another address
foreign-form-text = For your safety nothing was changed. Open this console in a tab of its own and try again.
foreign-form-hidden-text = For your safety nothing was changed. Your browser does not say which page the form came from. Open this console in a tab of its own and try again. A proxy in front of the console must not set Referrer-Policy: no-referrer.
foreign-form-origin-text = For your safety nothing was changed. Your browser sent the form from { $origin }, but the console was reached as { $own }. A proxy in front of the console must forward the Host header, or set X-Forwarded-Host and be listed in STEWARD_TRUSTED_PROXIES.
not-a-form = This cannot be read
not-a-form-text = What was sent is no form, or too long.
api-slow = The server takes too long
api-slow-text = The server did not answer in time. Nothing may have been changed; look before you try again.
api-away = The server cannot be reached
api-away-text = The connection to the server failed. It may be restarting: try again in a moment.
too-many = Too many requests
too-many-text = You have asked more often than is allowed. Wait a little, then try again.
api-busy = The server is busy
api-busy-text = The server cannot answer right now. Try again in a moment.
refused = This cannot be done
refused-text = The server refused it.
api-error = The server made a mistake
api-error-text = The error is in the server's log. Try again. If it persists, give the operator the request id.
internal = Something went wrong
internal-text = The error is in the log. Try again. If it persists, contact the operator.
cancel = Cancel
confirm = Confirm
find-button = Find
find-results = What was found
find-pages = Pages
find-nothing = No users or pages match.
find-searching = Searching…
find-failed = The search failed. Try again.
find-move = move
find-open = open
