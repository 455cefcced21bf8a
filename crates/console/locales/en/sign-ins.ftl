sign-ins-lede = Successful and failed sign-ins of all users. Days and times are those of { $zone }.
sign-ins-views = Views
sign-ins-attempts = Sign-in attempts
sign-ins-outcome = Outcome
sign-ins-any-outcome = All outcomes
sign-ins-success = Successful
sign-ins-failure = Failed
sign-ins-user = User
sign-ins-address = Address
sign-ins-device = Device
sign-ins-time = Time
sign-ins-since = Since
sign-ins-unknown = Unknown ID
sign-ins-unknown-text = No user has the entered ID. It may be a password entered by mistake, so it is not stored.
sign-ins-reason-unknown-user = no such user
sign-ins-reason-wrong-password = wrong password
sign-ins-reason-inactive = inactive account
sign-ins-reason-unverified = address not confirmed
sign-ins-reason-locked = locked out after too many attempts
sign-ins-from-address = Only attempts from { $address }
sign-ins-outcome-wrong = There is no such outcome.
sign-ins-user-wrong = “User” takes a whole user ID: 3 to 100 letters, digits, dots, hyphens or underscores.
sign-ins-address-wrong = “Address” takes an address such as 192.0.2.7 or 2001:db8::7, or a network such as 192.0.2.0/24 or 2001:db8::/32.
sign-ins-device-wrong = “Device” takes 1 to 100 characters.
sign-ins-since-wrong = “Since” has to be an instant such as 2026-01-31T00:00:00Z.
sign-ins-empty = No sign-ins yet
sign-ins-empty-text = Every sign-in attempt is listed here.
sign-ins-no-match = No attempts match
sign-ins-no-match-text = Remove a filter, or choose other days.
sign-ins-total = { $count ->
    [one] { $total } attempt
   *[other] { $total } attempts
}
sessions-title = Active sessions
sessions-lede = Sessions of all users that are open now, newest first.
sessions-from-address = Only sessions from { $address }
sessions-end-of = Revoke the session of { $name } on { $device }
sessions-empty = No active sessions
sessions-no-match = No sessions match
sessions-no-match-text = Remove a filter to see more sessions.
sessions-total = { $count ->
    [one] { $total } session
   *[other] { $total } sessions
}
