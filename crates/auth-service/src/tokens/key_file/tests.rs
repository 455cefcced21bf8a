use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_PUBLIC, P256, P256_PUBLIC};

use super::*;

const ED448: &str = "\
-----BEGIN PRIVATE KEY-----
MEcCAQAwBQYDK2VxBDsEOWNzSmGVnWQWQlTi1919fuqbm6H/cIRGSP5uieyY3P2Y
JLzpQc5nSYhco5seT27ihRaRNg3W0Hl/ug==
-----END PRIVATE KEY-----
";

const X25519: &str = "\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VuBCIEILjJRu5x6+f8rpIqbqOqA3QjyriDETtoCa4/OL2qbpVe
-----END PRIVATE KEY-----
";

const P384: &str = "\
-----BEGIN PRIVATE KEY-----
MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA8q7TSUkYc1BQ6cN4B
1eEHKxTIwrYZ8fJB/r/ezKNRM/8pJw2Vt0I6857lqZS73fahZANiAASccbhHltP3
Uh8pG29hBGJqr9hzuqe/qWr51JNlZiy9x9iMZp2DCWGiaQ30R/BJnaqzgsHHZoWo
J8DdPdhpXxIRGV6pAG1uX1fCG2a1k6fipsUi5H6uy4A7kYPJlXW8G1s=
-----END PRIVATE KEY-----
";

const SECP256K1: &str = "\
-----BEGIN PRIVATE KEY-----
MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQg5qrwgp6W/hE2WVTNNIZr
AIOJj+1AikOp+i1Eajplhz6hRANCAARy4HS7EUqfg/KbN1zg50wH4yqTEg/osn5O
VquvxcRpGljXKr7Yfq1hLJp/gE9D+J+5pvRBWBjxweHjvSgNAt3b
-----END PRIVATE KEY-----
";

const SEC1: &str = "\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIGAWJiLAlTIsuzhWJP0FLwE63JQGa6KEOaw4XvpP85LjoAoGCCqGSM49
AwEHoUQDQgAEXBinn1H0Nx/oehx+ZOQ4Rdqlx/G93KesrsuSxo9WFHILgDPCsbOA
K3hkYN3FRn1zPMC6lVHIQRtVVUs/mNBDDQ==
-----END EC PRIVATE KEY-----
";

const SEC1_WITH_PARAMETERS: &str = "\
-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIFKYcw2zJVVBs662QnD+q6WoXNA6X4mH1Szjpw3a9XmooAoGCCqGSM49
AwEHoUQDQgAEq3bpaKFxQmYS15K0zXawYAGwTm7VC3Y2nKE7EGiqJ58b3yxT05je
WaZbjBM4y+lqVNCH6LxpH8CewoHAaD3a8A==
-----END EC PRIVATE KEY-----
";

const ENCRYPTED: &str = "\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgOjRLIIFbWCgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEAfQaJtr64KnhafEu+2ZflMEQBex
8LPg83uALB4+q389bxk8umPY3yGDk974uLgZDYSGYoV4t1Lasi1hwcg8KENpWNH9
G/R34BpUtVwO7dxKvss=
-----END ENCRYPTED PRIVATE KEY-----
";

const REQUEST: &str = "\
-----BEGIN CERTIFICATE REQUEST-----
MIHHMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BIr4/nN7HvFaEInJGPas8SHkR3GAV4HnrS5sL6WtDABZxQ7CJj3KlAGwCrU6DbK8
wjYQn3lj4ZInc5eU/KVPmrqgADAKBggqhkjOPQQDAgNJADBGAiEA9aOmvbBpTyzq
yUfVnACZYrG5IzR+bAtZoIAncDPPCewCIQC+64+AlF3LGuwXXLgdlZql9YGzo1Ta
OcFArZG/i/+W0A==
-----END CERTIFICATE REQUEST-----
";

/// The neutral element, for which one signature is good for every message.
const WEAK: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";

fn private(pem: &str) -> Result<SigningKey, InvalidKey> {
    SigningKey::from_pem(&pem.into())
}

fn public(pem: &str) -> Result<PublicKey, InvalidKey> {
    PublicKey::from_pem(&pem.into())
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    assert_eq!(private(ED25519).unwrap().public().id(), ED25519_ID);
    for pem in [ED25519, P256] {
        let key = private(pem).unwrap();
        let jwk: Jwk = serde_json::from_value(serde_json::to_value(key.public().jwk()).unwrap()).unwrap();
        assert_eq!(key.public().id(), jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), "as others compute it");
    }
}

#[test]
fn is_for_one_algorithm_and_shows_the_coordinates_of_the_rfcs() {
    let key = public(ED25519).unwrap();
    let jwk = key.jwk();
    assert_eq!((&*jwk.kty, &*jwk.crv, &*jwk.alg, &*jwk.public_key_use), ("OKP", "Ed25519", "EdDSA", "sig"));
    assert_eq!((&*jwk.x, &jwk.y), ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &None));

    let key = public(P256).unwrap();
    let jwk = key.jwk();
    assert_eq!((&*jwk.kty, &*jwk.crv, &*jwk.alg, &*jwk.public_key_use), ("EC", "P-256", "ES256", "sig"));
    assert_eq!(jwk.x, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    assert_eq!(jwk.y.as_deref(), Some("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
}

#[test]
fn the_public_key_is_the_same_from_either_half() {
    for (key, half) in [(ED25519, ED25519_PUBLIC), (P256, P256_PUBLIC)] {
        assert_eq!(public(key).unwrap().jwk(), public(half).unwrap().jwk());
        assert_eq!(private(half).unwrap_err(), InvalidKey::Public);
    }
}

#[test]
fn a_file_of_another_system_or_with_a_remark_before_the_key_is_read() {
    assert!(private(&ED25519.replace('\n', "\r\n")).is_ok());
    assert!(public(&format!("Made for the tests\n{P256_PUBLIC}")).is_ok());
}

#[test]
fn whatever_else_is_in_the_file_is_told() {
    let damaged = ED25519.replace("MC4CAQ", "MC4CAg");
    let two = format!("{ED25519}{P256}");
    for (pem, why) in [
        ("", InvalidKey::NotPem),
        ("a secret that only tests know, 32 bytes and more", InvalidKey::NotPem),
        (&ED25519[..90], InvalidKey::NotPem),
        (&*two, InvalidKey::NotPem),
        (SEC1_WITH_PARAMETERS, InvalidKey::NotPem),
        (SEC1, InvalidKey::NotPkcs8),
        (ENCRYPTED, InvalidKey::Encrypted),
        (REQUEST, InvalidKey::NotAKey),
        (ED448, InvalidKey::Unsupported),
        (X25519, InvalidKey::Unsupported),
        (P384, InvalidKey::Unsupported),
        (SECP256K1, InvalidKey::Unsupported),
        (&*damaged, InvalidKey::Damaged),
    ] {
        assert_eq!(private(pem).unwrap_err(), why, "{pem}");
        assert_eq!(public(pem).unwrap_err(), why, "{pem}");
    }
}

#[test]
fn a_private_key_with_another_ones_public_half_is_damaged() {
    let other = P256.replace("zc4ncPbEXUGD", "zc4ncPbEXUGE");
    assert_eq!(private(&other).unwrap_err(), InvalidKey::Damaged);
}

#[test]
fn a_point_that_is_none_or_of_small_order_is_refused() {
    assert_eq!(public(WEAK).unwrap_err(), InvalidKey::Weak);
    let off_the_curve = P256_PUBLIC.replace("f83OJ3D2", "f83OJ3D3");
    assert_eq!(public(&off_the_curve).unwrap_err(), InvalidKey::Damaged);
}

#[test]
fn a_private_key_is_never_shown() {
    for pem in [ED25519, P256] {
        let shown = format!("{:?}", private(pem).unwrap());
        assert!(
            shown.contains("redacted") && !shown.contains("157, 97, 177") && !shown.contains("142, 155, 16"),
            "{shown}"
        );
    }
}
