account-profile = Profile
account-profile-edit = Change name or e-mail address
account-change-password = Change password
account-current-password = Current password
account-temporary-password = Temporary password
account-new-password = New password
account-new-hint = A few unrelated words are easy to remember and hard to guess.
account-repeated-password = New password again
account-password-changed = Your password was changed. You are signed out everywhere else.
account-current-missing = Enter your current password.
account-current-wrong = This is not your current password.
account-new-missing = Enter a new password.
account-new-same = Choose another password than the current one.
account-repeated-differs = The two passwords differ.
account-locked-out = Too many wrong passwords. Try again in { $seconds } seconds.
account-strength-very-weak = Very weak
account-strength-weak = Weak
account-strength-fair = Fair
account-strength-good = Good
account-strength-strong = Strong
account-weak-too-short = Use at least { $length } characters.
account-weak-too-long = Use at most 72 bytes: that is 72 Latin letters or 24 Korean syllables.
account-weak-null-character = Leave out the null character.
account-weak-forbidden-character = Leave out characters that cannot be seen.
account-weak-contains-user-id = Leave out your user ID.
account-weak-contains-email = Leave out the part of your e-mail address before the @.
account-weak-contains-name = Leave out your name and its parts.
account-weak-breached = This is one of the most common or breached passwords, or hardly differs from one.
account-weak-guessable = This is too easy to guess. Add another word or two.
account-sessions = My sessions
account-all-sessions = Show all sessions
account-this-session = This session
account-end = Sign out
account-end-one = Sign out on { $device }
account-sign-out-elsewhere = Sign out everywhere else
account-sign-out-everywhere = Sign out everywhere
account-everywhere-question = Sign out on every device, this one too?
account-signed-out-elsewhere = { $count ->
    [0] You were signed in nowhere else.
    [one] 1 other session was ended.
   *[other] { $count } other sessions were ended.
}
account-signed-out-everywhere = You are signed out everywhere.
account-activity = My activity
account-must-change = Choose a new password
account-must-change-text = Your password was set by an administrator. Replace it with one that only you know, then you can go on.
account-save-and-go-on = Save and continue
account-data = Your data
account-data-text = Everything that is stored about you, as a JSON file: account, sessions, sign-ins, audit entries and mails.
account-export = Download my data
account-export-too-many = You have downloaded your data several times already. Try again in { $minutes ->
    [one] 1 minute.
   *[other] { $minutes } minutes.
}
account-delete = Delete account
account-delete-link = Delete account…
account-delete-question = Delete your account?
account-delete-text = You are signed out everywhere at once. For 14 days you can restore the account: sign in and confirm.
account-delete-erased = After that, all your data is erased and cannot be recovered. Only your user ID stays in the audit log.
account-delete-id = Type your user ID, { $id }, to confirm
account-delete-id-wrong = This is not your user ID.
account-deleted = Your account is deleted. It will be erased on { $date }. Until then, sign in to restore it.
account-email = E-mail address
account-email-confirmed = Confirmed
account-email-unconfirmed = Not confirmed
account-email-confirmed-at = Confirmed
account-email-unconfirmed-text = Open the link in the confirmation mail. It is valid for 24 hours.
account-email-resend = Send confirmation mail again
account-email-resent = A confirmation mail is on its way. You can request up to three an hour.
account-mail-off = This system cannot send mail. Ask an administrator to change your address.
account-email-change = Change e-mail address
account-email-new = New e-mail address
account-email-new-hint = You will receive a link at the new address. The change takes effect when you confirm it there.
account-email-change-button = Change address
account-email-change-sent = A mail with a link is on its way to { $email }, unless another account uses this address. The change takes effect when you confirm it.
account-email-not-new = Enter an address other than your current one.
account-email-password-missing = Enter your password.
account-email-password-wrong = This is not your password.
