//! The typed client against the real thing.

use steward_client::{AuditList, Client, Error, UserList};
use steward_contracts::bodies::{HealthStatus, RegisterRequest, UpdateUserRequest, UserRole};

use crate::support::{Deployment, Shape};

#[tokio::test]
async fn every_call_reads_its_answer() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let nobody = Client::new(deployment.api.base()).unwrap();
    assert_eq!(nobody.health().await.unwrap().status, HealthStatus::Healthy);
    let gildong = RegisterRequest {
        user_id: "gildong".into(),
        email: "gildong@example.com".into(),
        name: "홍길동".into(),
        password: "correct horse".into(),
        role: None,
    };
    assert_eq!(nobody.register(&gildong).await.unwrap().role, UserRole::User);

    let admin = nobody.with_token(nobody.login("admin", "admin123").await.unwrap().access_token);
    assert_eq!(admin.me().await.unwrap().user_id, "admin");
    let list = UserList { search: Some("길동".into()), is_active: Some(true), ..UserList::default() };
    assert_eq!(admin.users(&list).await.unwrap().items[0].user_id, "gildong");
    assert_eq!(admin.user("gildong").await.unwrap().name, "홍길동");
    let change = UpdateUserRequest { role: Some(UserRole::Admin), ..UpdateUserRequest::default() };
    assert_eq!(admin.update_user("gildong", &change).await.unwrap().role, UserRole::Admin);
    assert!(!admin.deactivate_user("gildong").await.unwrap().is_active);
    assert!(admin.activate_user("gildong").await.unwrap().is_active);
    let reset = admin.reset_password("gildong", None).await.unwrap();
    assert!(nobody.login("gildong", &reset.temporary_password).await.unwrap().must_change_password);
    assert_eq!(admin.user_analytics().await.unwrap().total_users, 11);
    let trail = AuditList { target: Some("gildong".into()), page_size: Some(2), ..AuditList::default() };
    let page = admin.audit_logs(&trail).await.unwrap();
    assert_eq!((page.items.len(), page.total), (2, 5));
    let next = AuditList { cursor: page.next_cursor, ..trail };
    assert_eq!(admin.audit_logs(&next).await.unwrap().page, 2);
    admin.delete_user("gildong").await.unwrap();
    assert_eq!(admin.user("gildong").await.unwrap_err().status(), Some(404));
    admin.logout().await.unwrap();
    assert_eq!(admin.me().await.unwrap_err().status(), Some(401));
}

#[tokio::test]
async fn a_problem_is_told_as_the_api_tells_it() {
    let deployment = Deployment::start(Shape::Sqlite).await;
    let nobody = Client::new(deployment.api.base()).unwrap();
    let error = nobody.login("admin", "").await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "password"));
    assert!(error.to_string().contains("password"), "{error}");
    assert_eq!(nobody.me().await.unwrap_err().status(), Some(401));
    let nowhere = Client::new("http://127.0.0.1:1").unwrap();
    assert!(matches!(nowhere.me().await, Err(Error::Unreachable(_))));
}
