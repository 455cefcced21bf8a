time = { $month ->
    [1] { $day } January { $year }, { $time } UTC
    [2] { $day } February { $year }, { $time } UTC
    [3] { $day } March { $year }, { $time } UTC
    [4] { $day } April { $year }, { $time } UTC
    [5] { $day } May { $year }, { $time } UTC
    [6] { $day } June { $year }, { $time } UTC
    [7] { $day } July { $year }, { $time } UTC
    [8] { $day } August { $year }, { $time } UTC
    [9] { $day } September { $year }, { $time } UTC
    [10] { $day } October { $year }, { $time } UTC
    [11] { $day } November { $year }, { $time } UTC
   *[other] { $day } December { $year }, { $time } UTC
}
role-user = User
role-admin = Admin
role-super-admin = Super admin
device-unknown = Unknown device
greeting = Hello,
greeting-name = Hello { $name },
fact-device = Device
fact-address = IP address
fact-time = Time
fact-locked-until = Locked until
fact-new-address = New address
fact-role = Role
fact-role-before = Previous role
fact-role-after = New role
fact-erased = Erased after
link-host = This link leads to { $host }. It works once and is valid until { $until }.
link-copy = If the button does not work, copy this link into your browser:
footer-recipient = This mail was sent to { $address } by { $product }.
footer-security = It concerns the security of your account, so you always receive it.
footer-welcome = You receive it because an account was created with this address.
footer-invitation = You receive it because an administrator entered this address.
footer-test = You receive it because an operator entered this address to check the settings.

welcome-subject = Welcome to { $product }
welcome-heading = Welcome to { $product }
welcome-text = Your account is ready. You can sign in with your user ID and your password.
welcome-closing = If you did not expect this account, contact an administrator or ignore this mail.

verify-email-subject = Confirm your e-mail address
verify-email-heading = Confirm your e-mail address
verify-email-text = Confirm that this address is yours. { $product } sends the mails about your account to it.
verify-email-button = Confirm address
verify-email-closing = If you have no account at { $product }, ignore this mail. The address stays unconfirmed.

reset-password-subject = Reset your { $product } password
reset-password-heading = Reset your password
reset-password-text = We received a request for a new password for your account. Use the button below to choose one.
reset-password-button = Choose a new password
reset-password-closing = If you did not ask for this, ignore this mail. Your password stays as it is.

password-reset-by-administrator-subject = Choose a new { $product } password
password-reset-by-administrator-heading = Choose a new password
password-reset-by-administrator-text = { $administrator } has reset the password of your account. Your previous password no longer works. Choose a new one to sign in again.
password-reset-by-administrator-button = Choose a new password
password-reset-by-administrator-closing = If you did not expect this, ask your administrator before you use the link.

account-created-subject = Your { $product } account is ready
account-created-heading = Choose your password
account-created-text = { $administrator } created an account for you at { $product }. Choose a password to sign in for the first time.
account-created-button = Choose a password
account-created-closing = If the link has expired, use “Forgot password” on the sign-in page. If you did not expect this account, ignore this mail.

temporary-password-set-subject = Your { $product } password was reset
temporary-password-set-heading = Your password was reset
temporary-password-set-text = { $administrator } has reset the password of your account and gives you a temporary one. Your previous password no longer works, and every device was signed out. You choose a new password when you sign in with the temporary one.
temporary-password-set-closing = If you did not expect this, contact an administrator.

invitation-subject = { $administrator } invited you to { $product }
invitation-heading = Join { $product }
invitation-text = { $administrator } invited you to create an account at { $product }. You choose your own user ID and password.
invitation-button = Accept invitation
invitation-closing = If you do not know the sender, ignore this mail. No account is created unless you accept.

confirm-email-change-subject = Confirm your new e-mail address
confirm-email-change-heading = Confirm your new e-mail address
confirm-email-change-text = You asked { $product } to use this address for your account. It replaces the previous address once you confirm it.
confirm-email-change-button = Confirm new address
confirm-email-change-closing = If you did not ask for this, ignore this mail. Nothing changes.

email-changed-subject = Your e-mail address was changed
email-changed-heading = Your e-mail address was changed
email-changed-text = Your { $product } account now uses another e-mail address. Mails about your account go there from now on.
email-changed-action = If this was you, you do not need to do anything. If it was not you, restore your previous address. This also signs out every device, replaces your password, and sends you a link to set a new one.
email-changed-button = Restore previous address

password-changed-subject = Your { $product } password was changed
password-changed-heading = Your password was changed
password-changed-text = The password of your account was changed. Every other device was signed out.
password-changed-closing = If this was you, you do not need to do anything. If it was not you, use “Forgot password” on the sign-in page at once, and contact an administrator.

new-device-subject = New sign-in to your { $product } account
new-device-heading = New sign-in to your account
new-device-text = Your account was used on a device that we have not seen before.
new-device-action = If this was you, you do not need to do anything. If it was not you, secure your account: every device is signed out, and you choose a new password.
new-device-button = This was not me

role-changed-subject = Your role at { $product } was changed
role-changed-heading = Your role was changed
role-changed-text = An administrator changed the role of your account. What you can see and do may be different from now on.
role-changed-closing = If you did not expect this, contact an administrator.

deactivated-subject = Your { $product } account was deactivated
deactivated-heading = Your account was deactivated
deactivated-text = An administrator deactivated your account. Every device was signed out, and you cannot sign in until an administrator activates the account again.
deactivated-closing = If you did not expect this, contact an administrator.

reactivated-subject = Your { $product } account is active again
reactivated-heading = Your account is active again
reactivated-text = An administrator activated your account again. You can sign in with your previous password.
reactivated-closing = If you did not expect this, contact an administrator.

locked-out-subject = Sign-in to your { $product } account was blocked
locked-out-heading = Sign-in was blocked
locked-out-text = Too many attempts to sign in to your account failed. Attempts from this source are blocked for a while. Devices that you use are not affected.
locked-out-closing = If this was you, wait until the block ends, or use “Forgot password” on the sign-in page. If it was not you, your password was not guessed, and you do not need to do anything.

deletion-scheduled-subject = Your { $product } account will be deleted
deletion-scheduled-heading = Your account will be deleted
deletion-scheduled-text = You asked us to delete your account. Every device was signed out. Your data is kept for now and then erased for good.
deletion-scheduled-closing = If you want to keep the account, sign in before that time and restore it. If you did not ask for this, use “Forgot password” on the sign-in page: a new password restores the account, too.

account-deleted-subject = Your { $product } account was deleted
account-deleted-heading = Your account was deleted
account-deleted-text = Your account was deleted, and you can no longer sign in. This is the last mail about it.
account-deleted-closing = If you did not expect this, contact an administrator.

data-exported-subject = Your { $product } data was exported
data-exported-heading = Your data was exported
data-exported-text = A copy of the data that we keep about you was downloaded.
data-exported-closing = If this was not you, change your password and sign out every other device.

test-subject = Test mail of { $product }
test-heading = Mails arrive
test-text = An operator of { $product } sent this mail to check the settings of mails. You do not need to do anything.
