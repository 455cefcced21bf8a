time = { $year }년 { $month }월 { $day }일 { $time } UTC
role-user = 사용자
role-admin = 관리자
role-super-admin = 최고 관리자
device-unknown = 알 수 없는 기기
greeting = 안녕하세요.
greeting-name = 안녕하세요, { $name }님.
fact-device = 기기
fact-address = IP 주소
fact-time = 시각
fact-locked-until = 차단 종료
fact-new-address = 새 주소
fact-role = 역할
fact-role-before = 이전 역할
fact-role-after = 새 역할
fact-erased = 삭제 시각
link-host = 이 링크는 { $host }(으)로 연결됩니다. { $until }까지 한 번만 사용할 수 있습니다.
link-copy = 버튼이 동작하지 않으면 아래 링크를 복사해 브라우저에 붙여 넣으세요.
footer-recipient = { $product }에서 { $address } 주소로 보낸 메일입니다.
footer-security = 계정 보안과 관련된 메일이므로 항상 발송됩니다.
footer-welcome = 이 주소로 계정이 만들어져 보내 드립니다.
footer-invitation = 관리자가 이 주소를 입력하여 보내 드립니다.
footer-test = 운영자가 설정을 확인하려고 이 주소를 입력하여 보내 드립니다.

welcome-subject = { $product }에 오신 것을 환영합니다
welcome-heading = { $product }에 오신 것을 환영합니다
welcome-text = 계정이 준비되었습니다. 아이디와 비밀번호로 로그인할 수 있습니다.
welcome-closing = 예상하지 못한 계정이라면 관리자에게 문의하거나 이 메일을 무시하세요.

verify-email-subject = 이메일 주소를 확인해 주세요
verify-email-heading = 이메일 주소를 확인해 주세요
verify-email-text = 본인의 주소가 맞는지 확인해 주세요. { $product } 계정에 관한 메일이 이 주소로 발송됩니다.
verify-email-button = 주소 확인
verify-email-closing = { $product } 계정이 없다면 이 메일을 무시하세요. 주소는 확인되지 않은 상태로 남습니다.

reset-password-subject = { $product } 비밀번호 재설정
reset-password-heading = 비밀번호를 재설정하세요
reset-password-text = 계정의 새 비밀번호 설정 요청을 받았습니다. 아래 버튼을 눌러 새 비밀번호를 정하세요.
reset-password-button = 새 비밀번호 설정
reset-password-closing = 요청한 적이 없다면 이 메일을 무시하세요. 비밀번호는 바뀌지 않습니다.

password-reset-by-administrator-subject = { $product } 새 비밀번호를 설정해 주세요
password-reset-by-administrator-heading = 새 비밀번호를 설정하세요
password-reset-by-administrator-text = { $administrator } 관리자가 계정의 비밀번호를 초기화했습니다. 이전 비밀번호는 더 이상 사용할 수 없습니다. 다시 로그인하려면 새 비밀번호를 정하세요.
password-reset-by-administrator-button = 새 비밀번호 설정
password-reset-by-administrator-closing = 예상하지 못한 일이라면 링크를 사용하기 전에 관리자에게 문의하세요.

account-created-subject = { $product } 계정이 만들어졌습니다
account-created-heading = 비밀번호를 설정하세요
account-created-text = { $administrator } 관리자가 { $product } 계정을 만들었습니다. 처음 로그인하려면 비밀번호를 정하세요.
account-created-button = 비밀번호 설정
account-created-closing = 링크가 만료되었다면 로그인 페이지의 ‘비밀번호 찾기’를 이용하세요. 예상하지 못한 계정이라면 이 메일을 무시하세요.

temporary-password-set-subject = { $product } 비밀번호가 재설정되었습니다
temporary-password-set-heading = 비밀번호가 재설정되었습니다
temporary-password-set-text = { $administrator } 관리자가 계정의 비밀번호를 초기화하고 임시 비밀번호를 전달합니다. 이전 비밀번호는 더 이상 사용할 수 없으며 모든 기기에서 로그아웃되었습니다. 임시 비밀번호로 로그인할 때 새 비밀번호를 정합니다.
temporary-password-set-closing = 예상하지 못한 일이라면 관리자에게 문의하세요.

invitation-subject = { $administrator } 님이 { $product }에 초대했습니다
invitation-heading = { $product }에 초대합니다
invitation-text = { $administrator } 님이 { $product } 계정을 만들도록 초대했습니다. 아이디와 비밀번호는 직접 정합니다.
invitation-button = 초대 수락
invitation-closing = 보낸 사람을 모른다면 이 메일을 무시하세요. 수락하지 않으면 계정이 만들어지지 않습니다.

confirm-email-change-subject = 새 이메일 주소를 확인해 주세요
confirm-email-change-heading = 새 이메일 주소를 확인해 주세요
confirm-email-change-text = { $product } 계정에 이 주소를 사용하도록 요청하셨습니다. 확인하면 이전 주소 대신 이 주소를 사용합니다.
confirm-email-change-button = 새 주소 확인
confirm-email-change-closing = 요청한 적이 없다면 이 메일을 무시하세요. 아무것도 바뀌지 않습니다.

email-changed-subject = 이메일 주소가 변경되었습니다
email-changed-heading = 이메일 주소가 변경되었습니다
email-changed-text = { $product } 계정의 이메일 주소가 바뀌었습니다. 이제 계정에 관한 메일은 새 주소로 발송됩니다.
email-changed-action = 직접 변경했다면 아무것도 하지 않아도 됩니다. 변경한 적이 없다면 이전 주소로 되돌리세요. 모든 기기에서 로그아웃되고 현재 비밀번호는 사용할 수 없게 되며, 새 비밀번호를 설정하는 링크를 보내 드립니다.
email-changed-button = 이전 주소로 되돌리기

password-changed-subject = { $product } 비밀번호가 변경되었습니다
password-changed-heading = 비밀번호가 변경되었습니다
password-changed-text = 계정의 비밀번호가 변경되었습니다. 다른 모든 기기에서 로그아웃되었습니다.
password-changed-closing = 직접 변경했다면 아무것도 하지 않아도 됩니다. 변경한 적이 없다면 즉시 로그인 페이지의 ‘비밀번호 찾기’를 이용하고 관리자에게 알리세요.

new-device-subject = { $product } 계정에 새로운 로그인이 있었습니다
new-device-heading = 새로운 로그인이 있었습니다
new-device-text = 이전에 사용한 적이 없는 기기에서 계정에 로그인했습니다.
new-device-action = 본인이라면 아무것도 하지 않아도 됩니다. 본인이 아니라면 계정을 보호하세요. 모든 기기에서 로그아웃되고 새 비밀번호를 정하게 됩니다.
new-device-button = 본인이 아닙니다

role-changed-subject = { $product } 역할이 변경되었습니다
role-changed-heading = 역할이 변경되었습니다
role-changed-text = 관리자가 계정의 역할을 변경했습니다. 볼 수 있는 내용과 할 수 있는 작업이 달라질 수 있습니다.
role-changed-closing = 예상하지 못한 일이라면 관리자에게 문의하세요.

deactivated-subject = { $product } 계정이 비활성화되었습니다
deactivated-heading = 계정이 비활성화되었습니다
deactivated-text = 관리자가 계정을 비활성화했습니다. 모든 기기에서 로그아웃되었으며, 관리자가 다시 활성화할 때까지 로그인할 수 없습니다.
deactivated-closing = 예상하지 못한 일이라면 관리자에게 문의하세요.

reactivated-subject = { $product } 계정이 다시 활성화되었습니다
reactivated-heading = 계정이 다시 활성화되었습니다
reactivated-text = 관리자가 계정을 다시 활성화했습니다. 이전 비밀번호로 로그인할 수 있습니다.
reactivated-closing = 예상하지 못한 일이라면 관리자에게 문의하세요.

locked-out-subject = { $product } 계정 로그인이 차단되었습니다
locked-out-heading = 로그인이 차단되었습니다
locked-out-text = 계정 로그인 시도가 너무 많이 실패했습니다. 아래 위치에서의 시도는 잠시 차단됩니다. 사용 중인 기기에는 영향이 없습니다.
locked-out-closing = 본인이라면 차단이 끝날 때까지 기다리거나 로그인 페이지의 ‘비밀번호 찾기’를 이용하세요. 본인이 아니라면 비밀번호는 알아내지 못했으니 아무것도 하지 않아도 됩니다.

deletion-scheduled-subject = { $product } 계정이 삭제될 예정입니다
deletion-scheduled-heading = 계정이 삭제될 예정입니다
deletion-scheduled-text = 계정 삭제를 요청하셨습니다. 모든 기기에서 로그아웃되었습니다. 데이터는 당분간 보관된 뒤 완전히 삭제됩니다.
deletion-scheduled-closing = 계정을 유지하려면 그 전에 로그인하여 복원하세요. 요청한 적이 없다면 로그인 페이지의 ‘비밀번호 찾기’로 새 비밀번호를 설정하세요. 그러면 계정도 복원됩니다.

account-deleted-subject = { $product } 계정이 삭제되었습니다
account-deleted-heading = 계정이 삭제되었습니다
account-deleted-text = 계정이 삭제되어 더 이상 로그인할 수 없습니다. 계정에 관한 마지막 메일입니다.
account-deleted-closing = 예상하지 못한 일이라면 관리자에게 문의하세요.

data-exported-subject = { $product } 데이터를 내보냈습니다
data-exported-heading = 데이터를 내보냈습니다
data-exported-text = 보관 중인 회원님의 데이터 사본이 다운로드되었습니다.
data-exported-closing = 본인이 아니라면 비밀번호를 변경하고 다른 모든 기기에서 로그아웃하세요.

test-subject = { $product } 테스트 메일
test-heading = 메일이 정상적으로 도착했습니다
test-text = { $product } 운영자가 메일 설정을 확인하기 위해 보낸 메일입니다. 아무것도 하지 않아도 됩니다.
