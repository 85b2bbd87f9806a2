"""What others deploy Pitstop with, read by those who read it: Helm's own engine lints and renders the chart, Kubernetes' schemas
and those of compose are held against the results, hadolint reads the Containerfile. Run by `cargo xtask test --only packaging`.

No cluster and no container engine is asked: this shows that they understand it, and not that it runs.
"""

import json
import pathlib
import subprocess
import sys
import warnings

import helm_python as helm
import kubernetes_validate
import yaml

HERE = pathlib.Path(__file__).parent
CHART = HERE / "helm" / "pitstop"
PROGRAMS = pathlib.Path(sys.executable).parent
# The oldest version that the chart is for, and a new one, as far as their schemas are packed.
KUBERNETES = ("1.25", "1.33")
LEAST = {"image": {"repository": "registry.example/pitstop", "tag": "1"}, "existingSecret": "pitstop"}
BOOT = {"bootServices": {"enabled": True, "address": "192.0.2.10"}, "nodeSelector": {"pitstop": "boot"}}
ALL = dict(
    BOOT,
    publicUrl="https://pitstop.example", bootUrl="http://192.0.2.10:8080", trustedProxies="10.0.0.1",
    env={"RUST_LOG": "debug"}, imagePullSecrets=[{"name": "pull"}],
    image={"repository": "registry.example/pitstop", "digest": "sha256:" + "0" * 64},
    persistence={"size": "1Gi", "storageClass": "fast", "existingClaim": ""},
    bootService={"type": "LoadBalancer", "annotations": {"a": "b"}},
    ingress={"enabled": True, "className": "nginx", "host": "pitstop.example", "tlsSecret": "tls", "annotations": {"a": "b"}},
    tolerations=[{"operator": "Exists"}], affinity={"nodeAffinity": {}},
)


def main():
    chart_is_good()
    nothing_is_run_that_is_not_restricted()
    what_is_missing_is_said()
    for words in (
        ["hadolint", HERE / "container" / "Containerfile"],
        ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", HERE / "container" / "compose.yaml"],
    ):
        subprocess.run([PROGRAMS / words[0], *map(str, words[1:])], check=True)
    print("chart, compose file and Containerfile are understood")


def rendered(values):
    """Helm's own rendering, as objects."""
    files = helm.Chart.load(CHART).render(dict(LEAST, **values), name="lab", namespace="pitstop")
    texts = [text for name, text in files.items() if name.endswith(".yaml")]
    return [found for text in texts for found in yaml.safe_load_all(text) if found]


def deployment(values):
    return next(found for found in rendered(values) if found["kind"] == "Deployment")


def chart_is_good():
    for values in ({}, BOOT, ALL):
        report = helm.lint(CHART, dict(LEAST, **values), strict=True)
        # 1: that it has no icon.
        worse = [message for message in report["messages"] if message["severity"] > 1]
        assert not worse and not report["errors"], json.dumps(report, indent=1)
        kinds = []
        for found in rendered(values):
            kinds.append(found["kind"])
            for version in KUBERNETES:
                kubernetes_validate.validate(found, version, strict=True)
        wanted = ["Deployment", "PersistentVolumeClaim", "Service", "Service"] + ["Ingress"] * ("ingress" in values)
        assert sorted(kinds) == sorted(wanted), kinds


def nothing_is_run_that_is_not_restricted():
    """What Pod Security's level `restricted` asks of a pod; boot services need more, and no more than this."""
    pod = deployment({})["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert "hostNetwork" not in pod and "command" not in container
    assert pod["automountServiceAccountToken"] is False and container["resources"]["limits"]["memory"]
    with_boot = deployment(BOOT)["spec"]["template"]["spec"]
    assert with_boot["hostNetwork"] is True and with_boot["securityContext"]["runAsNonRoot"]
    assert with_boot["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["httpGet"]["path"] == "/healthz", container[probe]
    assert container["envFrom"] == [{"secretRef": {"name": "pitstop"}}]


def what_is_missing_is_said():
    for values in ({"existingSecret": ""}, {"image": {"repository": ""}}, {"bootUrl": "192.0.2.10"}):
        try:
            helm.Chart.load(CHART).validate_schema(dict(LEAST, **values))
        except helm.HelmError:
            continue
        raise AssertionError(f"{values} was taken")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
