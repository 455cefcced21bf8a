//! Tests of the deployment files: they are consistent with each other, and with the services and their settings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use steward_web::service::ServiceDescription;
use yaml_rust2::{Yaml, YamlLoader};

use crate::cli::{address_variable, services_with_url, url_variable};
use crate::services::{descriptions, find};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn documents(file: &str) -> Vec<Yaml> {
    YamlLoader::load_from_str(&text(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn base() -> Vec<Yaml> {
    let kustomization = documents("deploy/kubernetes/base/kustomization.yaml").remove(0);
    let files = kustomization["resources"].as_vec().unwrap().iter();
    files.flat_map(|file| documents(&format!("deploy/kubernetes/base/{}", file.as_str().unwrap()))).collect()
}

fn of_kind<'a>(documents: &'a [Yaml], kind: &'a str) -> impl Iterator<Item = &'a Yaml> {
    documents.iter().filter(move |document| document["kind"].as_str() == Some(kind))
}

/// A field of a service, its own or a merged one.
fn field<'a>(service: &'a Yaml, name: &str) -> &'a Yaml {
    if service[name].is_badvalue() { &service["<<"][name] } else { &service[name] }
}

fn texts(list: &Yaml) -> Vec<&str> {
    list.as_vec().into_iter().flatten().filter_map(Yaml::as_str).collect()
}

fn keys(map: &Yaml) -> BTreeSet<&str> {
    map.as_hash().into_iter().flat_map(|map| map.keys()).filter_map(Yaml::as_str).collect()
}

/// Whether `.env.example` documents a variable, set or commented out.
fn is_documented(variable: &str) -> bool {
    // The `_FILE` variable of a secret is documented with the secret.
    let names = [Some(variable), variable.strip_suffix("_FILE")];
    let is_there = |name: &str| {
        text(".env.example").lines().any(|line| line.trim_start_matches(['#', ' ']).starts_with(&format!("{name}=")))
    };
    names.into_iter().flatten().any(is_there)
}

#[test]
fn compose_has_the_names_and_ports_of_the_guide() {
    let compose = &documents("docker-compose.yml")[0];
    for (name, container, port) in [
        ("timescaledb", "secondarymarket_db", "5433:5432"),
        ("redis", "secondarymarket_redis", ""),
        ("backend", "secondarymarket_backend", "8000:8000"),
        ("auth", "secondarymarket_auth", ""),
        ("admin", "secondarymarket_admin", ""),
        ("worker", "secondarymarket_worker", ""),
        ("frontend", "secondarymarket_frontend", "8501:8501"),
        ("pgadmin", "secondarymarket_pgadmin", "5051:80"),
    ] {
        let service = &compose["services"][name];
        assert_eq!(service["container_name"].as_str(), Some(container), "{name}");
        match texts(&service["ports"])[..] {
            [] => assert_eq!(port, "", "{name} is published"),
            [published] => assert!(published.ends_with(&format!(":{port}")), "{name} is published at {published}"),
            _ => panic!("{name} is published more than once"),
        }
    }
}

/// The container of a service in `docker-compose.yml`, by the command that it runs.
fn container<'c>(compose: &'c Yaml, service: &ServiceDescription) -> (&'c str, &'c Yaml) {
    let containers = compose["services"].as_hash().unwrap().iter();
    let mut running = containers.filter(|(_, one)| texts(&one["command"]) == ["serve", "--only", service.id.as_str()]);
    let (name, container) = running.next().unwrap_or_else(|| panic!("no container runs {}", service.id));
    (name.as_str().unwrap(), container)
}

#[test]
fn each_service_has_a_container_and_a_deployment() {
    let compose = &documents("docker-compose.yml")[0];
    let base = base();
    for service in descriptions() {
        let (_, container) = container(compose, service);
        assert!(!container["healthcheck"].is_badvalue(), "{}", service.id);
        let name = format!("steward-{}", service.id);
        let deployments: Vec<_> =
            of_kind(&base, "Deployment").filter(|one| one["metadata"]["name"].as_str() == Some(&name)).collect();
        assert_eq!(deployments.len(), 1, "{name}");
    }
    assert_eq!(of_kind(&base, "Deployment").count(), descriptions().count());
}

#[test]
fn compose_starts_services_after_their_dependencies_are_healthy() {
    let compose = &documents("docker-compose.yml")[0];
    for (name, service) in compose["services"].as_hash().unwrap() {
        for needed in keys(&service["depends_on"]) {
            assert_eq!(service["depends_on"][needed]["condition"].as_str(), Some("service_healthy"), "{name:?}");
            assert!(!compose["services"][needed]["healthcheck"].is_badvalue(), "{needed} has no health check");
        }
    }
}

#[test]
fn the_example_has_every_variable_that_compose_needs() {
    let compose = text("docker-compose.yml");
    let asked_for = compose.split("${").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap();
        &rest[..end]
    });
    for variable in asked_for {
        assert!(is_documented(variable), "{variable} is not in .env.example");
    }
}

#[test]
fn containers_get_only_existing_settings() {
    let compose = &documents("docker-compose.yml")[0];
    let mut given: BTreeSet<String> = BTreeSet::new();
    for service in descriptions() {
        given.extend(keys(field(container(compose, service).1, "environment")).into_iter().map(str::to_owned));
    }
    let base = base();
    for deployment in of_kind(&base, "Deployment") {
        let own = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_vec().into_iter().flatten();
        given.extend(own.filter_map(|variable| variable["name"].as_str()).map(str::to_owned));
    }
    given.extend(keys(&of_kind(&base, "ConfigMap").next().unwrap()["data"]).into_iter().map(str::to_owned));
    let dockerfile = text("Dockerfile");
    given.extend(addresses(&dockerfile).map(|(variable, _)| variable.to_owned()));
    for variable in given {
        assert!(is_documented(&variable), "{variable} is not in .env.example");
    }
}

/// The address settings of the image, and their ports.
fn addresses(dockerfile: &str) -> impl Iterator<Item = (&str, i64)> {
    dockerfile.split_whitespace().filter_map(|word| {
        let (variable, port) = word.split_once("=0.0.0.0:")?;
        Some((variable, port.parse().unwrap()))
    })
}

/// The port of a service in the image.
fn port_of(service: &ServiceDescription) -> i64 {
    let variable = address_variable(service);
    let dockerfile = text("Dockerfile");
    let port = addresses(&dockerfile).find(|(name, _)| *name == variable).map(|(_, port)| port);
    port.unwrap_or_else(|| panic!("the image does not set {variable}"))
}

#[test]
fn services_use_the_ports_of_the_image() {
    let compose = &documents("docker-compose.yml")[0];
    let base = base();
    let settings = &of_kind(&base, "ConfigMap").next().unwrap()["data"];
    for service in services_with_url() {
        let (port, variable) = (port_of(service), url_variable(service));
        for caller in descriptions() {
            let environment = field(container(compose, caller).1, "environment");
            let url = format!("http://{}:{port}", container(compose, service).0);
            assert_eq!(environment[variable.as_str()].as_str(), Some(url.as_str()));
        }
        let url = format!("http://steward-{}:{port}", service.id);
        assert_eq!(settings[variable.as_str()].as_str(), Some(url.as_str()));
    }
    for service in of_kind(&base, "Service") {
        let component = service["spec"]["selector"]["app.kubernetes.io/component"].as_str().unwrap();
        assert_eq!(service["metadata"]["name"].as_str(), Some(format!("steward-{component}").as_str()));
        assert_eq!(service["spec"]["ports"][0]["port"].as_i64(), Some(port_of(find(component).unwrap())));
    }
    let exposed: Vec<i64> = text("Dockerfile")
        .lines()
        .filter_map(|line| line.strip_prefix("EXPOSE "))
        .flat_map(|ports| ports.split_whitespace().map(|port| port.parse().unwrap()).collect::<Vec<_>>())
        .collect();
    assert_eq!(exposed, descriptions().map(port_of).collect::<Vec<_>>());
}

#[test]
fn each_deployment_is_restricted_probed_and_selected_by_its_labels() {
    let base = base();
    for deployment in of_kind(&base, "Deployment") {
        let name = deployment["metadata"]["name"].as_str().unwrap();
        let labels = &deployment["spec"]["template"]["metadata"]["labels"];
        assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels, "{name}");
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"].as_bool(), Some(true), "{name}");
        let user = pod["securityContext"]["runAsUser"].as_i64().unwrap();
        assert!(text("Dockerfile").contains(&format!("\nUSER {user}:{user}\n")), "{name} is not the image's user");

        let containers = pod["containers"].as_vec().unwrap();
        for container in containers.iter().chain(pod["initContainers"].as_vec().into_iter().flatten()) {
            let security = &container["securityContext"];
            assert_eq!(security["allowPrivilegeEscalation"].as_bool(), Some(false), "{name}");
            assert_eq!(security["readOnlyRootFilesystem"].as_bool(), Some(true), "{name}");
            assert_eq!(texts(&security["capabilities"]["drop"]), ["ALL"], "{name}");
            assert!(!container["resources"]["limits"]["memory"].is_badvalue(), "{name}");
        }
        let component = labels["app.kubernetes.io/component"].as_str().unwrap();
        assert_eq!(texts(&containers[0]["args"]), ["serve", "--only", component]);
        let service = find(component).unwrap();
        assert_eq!(containers[0]["ports"][0]["containerPort"].as_i64(), Some(port_of(service)));
        for (probe, path) in
            [("startupProbe", "/health/live"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready")]
        {
            assert_eq!(containers[0][probe]["httpGet"]["path"].as_str(), Some(path), "{name}");
        }

        let is_for_it = |document: &&Yaml| document["metadata"]["name"].as_str() == Some(name);
        assert_eq!(&of_kind(&base, "Service").find(is_for_it).unwrap()["spec"]["selector"], labels);
        let budget = of_kind(&base, "PodDisruptionBudget").find(is_for_it).unwrap();
        assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels);
        let policy = of_kind(&base, "NetworkPolicy").find(is_for_it).unwrap();
        assert_eq!(&policy["spec"]["podSelector"]["matchLabels"], labels);
        let scaler = of_kind(&base, "HorizontalPodAutoscaler").find(is_for_it).unwrap();
        assert_eq!(scaler["spec"]["scaleTargetRef"]["name"].as_str(), Some(name));
    }
}

#[test]
fn secret_files_are_mounted_at_the_configured_paths() {
    let base = base();
    let secrets = documents("deploy/kubernetes/secrets.example.yaml");
    let settings = &of_kind(&base, "ConfigMap").next().unwrap()["data"];
    for deployment in of_kind(&base, "Deployment") {
        let pod = &deployment["spec"]["template"]["spec"];
        let container = &pod["containers"][0];
        let folder = container["volumeMounts"][0]["mountPath"].as_str().unwrap();
        let sources = pod["volumes"][0]["projected"]["sources"].as_vec().unwrap();
        let mounted: BTreeSet<String> = sources
            .iter()
            .flat_map(|source| {
                let name = &source["secret"]["name"];
                let secret = secrets.iter().find(|secret| &secret["metadata"]["name"] == name).unwrap();
                let all = keys(&secret["stringData"]);
                match source["secret"]["items"].as_vec() {
                    None => all,
                    Some(items) => {
                        let some: BTreeSet<_> = items.iter().filter_map(|item| item["path"].as_str()).collect();
                        assert!(some.is_subset(&all), "{name:?} has no {some:?}");
                        some
                    }
                }
            })
            .map(|key| format!("{folder}/{key}"))
            .collect();
        let own = container["env"].as_vec().into_iter().flatten();
        // Variables of the container win over shared ones, and an empty one is not set.
        let wanted: BTreeMap<&str, &str> = settings
            .as_hash()
            .unwrap()
            .iter()
            .chain(own.map(|variable| (&variable["name"], &variable["value"])))
            .map(|(name, file)| (name.as_str().unwrap(), file.as_str().unwrap_or_default()))
            .collect();
        let wanted: BTreeSet<String> = wanted
            .into_iter()
            .filter(|(name, file)| name.ends_with("_FILE") && !file.is_empty())
            .map(|(_, file)| file.to_owned())
            .collect();
        assert_eq!(wanted, mounted, "{:?}", deployment["metadata"]["name"]);
    }
}

#[test]
fn the_base_lists_every_file() {
    let kustomization = documents("deploy/kubernetes/base/kustomization.yaml").remove(0);
    let listed: BTreeSet<String> = texts(&kustomization["resources"]).into_iter().map(str::to_owned).collect();
    let there: BTreeSet<String> = fs::read_dir(root().join("deploy/kubernetes/base"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "kustomization.yaml")
        .collect();
    assert_eq!(listed, there);
}
