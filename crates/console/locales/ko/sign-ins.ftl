sign-ins-lede = 모든 사용자의 로그인 성공과 실패를 보여 줍니다. 날짜와 시간은 { $zone } 기준입니다.
sign-ins-views = 보기
sign-ins-attempts = 로그인 시도
sign-ins-outcome = 결과
sign-ins-any-outcome = 모든 결과
sign-ins-success = 성공
sign-ins-failure = 실패
sign-ins-user = 사용자
sign-ins-address = 주소
sign-ins-device = 기기
sign-ins-time = 시간
sign-ins-since = 이후
sign-ins-unknown = 알 수 없는 아이디
sign-ins-unknown-text = 입력한 아이디의 사용자가 없습니다. 실수로 입력한 비밀번호일 수 있으므로 저장하지 않습니다.
sign-ins-reason-unknown-user = 없는 사용자
sign-ins-reason-wrong-password = 잘못된 비밀번호
sign-ins-reason-inactive = 비활성화된 계정
sign-ins-reason-unverified = 확인되지 않은 이메일 주소
sign-ins-reason-locked = 시도 횟수 초과로 잠김
sign-ins-from-address = { $address }에서 시도한 로그인만 보기
sign-ins-outcome-wrong = 알 수 없는 결과입니다.
sign-ins-user-wrong = 사용자에는 아이디 전체를 입력해 주세요. 영문자, 숫자, 점, 하이픈, 밑줄 3~100자입니다.
sign-ins-address-wrong = 주소에는 192.0.2.7, 2001:db8::7과 같은 주소나 192.0.2.0/24, 2001:db8::/32와 같은 네트워크를 입력해 주세요.
sign-ins-device-wrong = 기기는 1~100자로 입력해 주세요.
sign-ins-since-wrong = 시작 시각은 2026-01-31T00:00:00Z와 같은 형식이어야 합니다.
sign-ins-empty = 아직 로그인 기록이 없습니다
sign-ins-empty-text = 모든 로그인 시도가 여기에 표시됩니다.
sign-ins-no-match = 일치하는 시도가 없습니다
sign-ins-no-match-text = 필터를 제거하거나 다른 날짜를 선택해 보세요.
sign-ins-total = { $count ->
   *[other] 시도 { $total }건
}
sessions-title = 활성 세션
sessions-lede = 현재 열려 있는 모든 사용자의 세션을 최신순으로 보여 줍니다.
sessions-from-address = { $address }에서 연 세션만 보기
sessions-end-of = { $device }에서 사용 중인 { $name } 님의 세션 종료
sessions-empty = 활성 세션이 없습니다
sessions-no-match = 일치하는 세션이 없습니다
sessions-no-match-text = 필터를 제거하면 더 많은 세션을 볼 수 있습니다.
sessions-total = { $count ->
   *[other] 세션 { $total }개
}
