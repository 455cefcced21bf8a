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

/// The neutral element, for which one signature is valid for every message.
const WEAK: &str = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";

fn parse_private(pem: &str) -> Result<SigningKey, InvalidKey> {
    SigningKey::from_pem(&pem.into())
}

fn parse_public(pem: &str) -> Result<PublicKey, InvalidKey> {
    PublicKey::from_pem(&pem.into())
}

#[test]
fn the_id_of_a_key_is_its_thumbprint() {
    assert_eq!(parse_private(ED25519).unwrap().public().id(), ED25519_ID);
    for pem in [ED25519, P256] {
        let key = parse_private(pem).unwrap();
        let jwk: Jwk = serde_json::from_value(serde_json::to_value(key.public().jwk()).unwrap()).unwrap();
        assert_eq!(key.public().id(), jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), "as jsonwebtoken computes it");
    }
}

#[test]
fn a_jwk_has_one_algorithm_and_the_coordinates_of_the_rfcs() {
    let key = parse_public(ED25519).unwrap();
    let jwk = key.jwk();
    assert_eq!((&*jwk.kty, &*jwk.crv, &*jwk.alg, &*jwk.public_key_use), ("OKP", "Ed25519", "EdDSA", "sig"));
    assert_eq!((&*jwk.x, &jwk.y), ("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", &None));

    let key = parse_public(P256).unwrap();
    let jwk = key.jwk();
    assert_eq!((&*jwk.kty, &*jwk.crv, &*jwk.alg, &*jwk.public_key_use), ("EC", "P-256", "ES256", "sig"));
    assert_eq!(jwk.x, "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
    assert_eq!(jwk.y.as_deref(), Some("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"));
}

#[test]
fn a_private_key_file_yields_the_same_public_key() {
    for (private_pem, public_pem) in [(ED25519, ED25519_PUBLIC), (P256, P256_PUBLIC)] {
        assert_eq!(parse_public(private_pem).unwrap().jwk(), parse_public(public_pem).unwrap().jwk());
        assert_eq!(parse_private(public_pem).unwrap_err(), InvalidKey::Public);
    }
}

#[test]
fn crlf_line_ends_and_a_leading_remark_are_accepted() {
    assert!(parse_private(&ED25519.replace('\n', "\r\n")).is_ok());
    assert!(parse_public(&format!("A remark\n{P256_PUBLIC}")).is_ok());
}

#[test]
fn other_contents_have_their_own_errors() {
    let damaged = ED25519.replace("MC4CAQ", "MC4CAg");
    let two = format!("{ED25519}{P256}");
    for (pem, expected) in [
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
        assert_eq!(parse_private(pem).unwrap_err(), expected, "{pem}");
        assert_eq!(parse_public(pem).unwrap_err(), expected, "{pem}");
    }
}

#[test]
fn a_private_key_with_a_foreign_public_key_is_damaged() {
    let other = P256.replace("zc4ncPbEXUGD", "zc4ncPbEXUGE");
    assert_eq!(parse_private(&other).unwrap_err(), InvalidKey::Damaged);
}

#[test]
fn points_off_the_curve_or_of_small_order_are_rejected() {
    assert_eq!(parse_public(WEAK).unwrap_err(), InvalidKey::Weak);
    let off_the_curve = P256_PUBLIC.replace("f83OJ3D2", "f83OJ3D3");
    assert_eq!(parse_public(&off_the_curve).unwrap_err(), InvalidKey::Damaged);
}

#[test]
fn debug_output_redacts_the_private_key() {
    for pem in [ED25519, P256] {
        let debug = format!("{:?}", parse_private(pem).unwrap());
        assert!(
            debug.contains("redacted") && !debug.contains("157, 97, 177") && !debug.contains("142, 155, 16"),
            "{debug}"
        );
    }
}
