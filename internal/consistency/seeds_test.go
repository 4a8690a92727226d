package consistency

import "slices"

// seeds returns faults for every rule.
func seeds() []seed {
	return slices.Concat(monitoringSeeds(), deliverySeeds(), podSeeds(), textSeeds())
}

func monitoringSeeds() []seed {
	return []seed{
		fault("alert-route", "minimal", watch+"alertmanager.yaml", "    - receiver: billing-api-pager\n", "    - receiver: billing-api-pagers\n", "routes to billing-api-pagers, which is not a receiver (alert-route): use billing-api-pager"),
		fault("alert-route", "minimal", watch+"alertmanager.yaml", `severity = "critical"`, `severity = "fatal"`, "matches severity fatal, which no alert has"),
		fault("alert-route", "minimal", watch+"alertmanager.yaml", `alertname =~ "ServiceDown|MetricsMissing"`, `alertname =~ "ServiceGone"`, "which no alert has"),
		fault("alert-severity", "minimal", watch+"alerts.yaml", "severity: warning", "severity: urgent", `has severity "urgent"`),
		fault("alert-route", "minimal", watch+"alertmanager.yaml", "api_url_file: /etc/alertmanager/secrets/billing-api/chat-url", "api_url: https://chat.example.com/hooks/1", "is a plain-text credential"),
		fault("bucket", "minimal", watch+"slo.yaml", "vector(0.5)", "vector(0.4)", "0.4 is not a bucket boundary"),
		fault("job", "minimal", watch+"recording.yaml", `job="billing-api"`, `job="billing"`, `selects job "billing", but Prometheus names the job after the Service, billing-api`),
		fault("metric", "minimal", watch+"recording.yaml", "http_server_request_duration_seconds_bucket", "http_server_request_duration_second_bucket", "use http_server_request_duration_seconds_bucket"),
		fault("metric", "minimal", watch+"alerts.yaml", "job:http_server_availability:burn_rate1h", "job:http_server_availability:burn_rate2h", "burn_rate2h, which no rule records"),
		fault("metric", "minimal", watch+"alerts.yaml", "kube_deployment_status_replicas_available", "kube_deployment_replicas_available", "neither the service nor a known exporter exports"),
		fault("metric", "minimal", "docs/runbook.md", "job:http_server_latency:budget_remaining30d", "job:http_server_latency:budget30d", "which no rule records"),
		fault("query", "minimal", watch+"alerts.yaml", "job:http_server_availability:burn_rate1h", "job:http_server_availability:burn-rate1h{", "AvailabilityBudgetBurnsFast: is not PromQL: 2:44: parse error"),
		fault("series-label", "full", watch+"alerts-backup.yaml", `cronjob="billing-api-backup"`, `cronjob="billing-backup"`, `selects cronjob "billing-backup", which no manifest has`),
		fault("series-label", "minimal", watch+"alerts.yaml", `namespace="billing-api-`, `namespace="billing-`, "which no manifest has"),
		fault("metric", "minimal", watch+"dashboards/service.json", "job:http_server_requests:rate5m", "job:http_server_request:rate5m", "which no rule records"),
		fault("metric", "full", watch+"alerts-database.yaml", "pgxpool_canceled_acquires_total", "pgxpool_cancelled_acquires_total", "DatabasePoolExhausted: queries pgxpool_cancelled_acquires_total"),
	}
}

func deliverySeeds() []seed {
	const workflow = ".github/workflows/seeded.yaml"
	return []seed{
		fault("api-version", "minimal", base+"scaling.yaml", "autoscaling/v2", "autoscaling/v2beta2", "was removed in Kubernetes 1.26"),
		fault("api-version", "minimal", base+"scaling.yaml", "policy/v1", "policy/v2", "is an API version that Kubernetes never had"),
		fault("entry-point", "minimal", "Dockerfile", "-o /out/billing-api ./cmd/billing-api", "-o /out/billing-api ./cmd/billing", "there is no package cmd/billing"),
		fault("entry-point", "minimal", "Dockerfile", "-o /out/billing-api", "-o /bin/billing-api", "copies /out/billing-api, but go build writes /bin/billing-api"),
		fault("entry-point", "minimal", "Dockerfile", `ENTRYPOINT ["/usr/local/bin/`, `ENTRYPOINT ["/usr/bin/`, "the binary is /usr/local/bin/billing-api"),
		fault("entry-point", "minimal", "Dockerfile", `CMD ["serve"]`, `CMD ["server"]`, "the binary has no command server"),
		fault("entry-point", "minimal", "Dockerfile", `"healthcheck"]`, `"health"]`, "the binary has no command health"),
		fault("entry-point", "minimal", "Dockerfile", "buildinfo.commit=", "buildinfo.revision=", "has no such variable"),
		fault("entry-point", "minimal", "Makefile", "-o bin/billing-api ./cmd/billing-api", "-o bin/billing-api ./cmd/service", "there is no package cmd/service"),
		fault("entry-point", "full", component+"database/migrate.yaml", "args: [migrate, up]", "args: [migration, up]", "the binary has no command migration"),
		fault("entry-point", "full", "compose.yaml", "command: [migrate, up]", "command: [upgrade]", "the binary has no command upgrade"),
		fault("go-version", "minimal", "Dockerfile", "golang:1.26", "golang:1.25", "builds with Go 1.25, but go.mod says 1.26"),
		fault("go-version", "minimal", workflow, "", "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/setup-go@v6\n        with:\n          go-version: '1.24'\n", "builds with Go 1.24"),
		fault("go-version", "minimal", workflow, "", "on: push\njobs:\n  a:\n    steps:\n      - uses: actions/setup-go@v6\n        with:\n          go-version-file: src/go.mod\n", "src/go.mod does not exist"),
		fault("image", "minimal", overlay+"kustomization.yaml", "newTag: v0.1.0", "newTag: latest", "the tag latest changes"),
		fault("image", "minimal", overlay+"kustomization.yaml", "registry.example.com/billing-api", "registry.example.org/billing-api", "renames registry.example.org/billing-api, which no manifest uses", "without a tag"),
		fault("image", "full", component+"database/migrate.yaml", "image: registry.example.com/billing-api", "image: registry.example.net/billing-api:v0.1.0", "but elsewhere it is registry.example.com/billing-api"),
		fault("image", "full", "compose.yaml", "image: postgres:17", "image: postgres", "without a tag"),
		fault("kustomize", "minimal", base+"kustomization.yaml", "  - scaling.yaml\n", "  - services.yaml\n  - scaling.yaml\n", base+"services.yaml does not exist"),
		fault("kustomize", "minimal", base+"kustomization.yaml", "  - networkpolicy.yaml\n", "", base+"networkpolicy.yaml: file: is unused"),
		fault("kustomize", "minimal", base+"kustomization.yaml", "labels:\n", "namePrefix: team-\nlabels:\n", "is not supported by this check"),
		fault("make-target", "minimal", workflow, "", "on: push\njobs:\n  a:\n    steps:\n      - run: make checks\n", "make checks: the Makefile has no such target (make-target): use check"),
		fault("make-target", "minimal", "README.md", "make test", "make tests", "the Makefile has no such target"),
		fault("make-target", "minimal", workflow, "", "on: push\njobs:\n  a:\n    strategy:\n      matrix:\n        verb: [test, vulns]\n    steps:\n      - run: make ${{ matrix.verb }}\n", "make vulns: the Makefile has no such target"),
		fault("make-target", "minimal", "Makefile", "", "\ntest:\n\tgo test ./...\n", "has two recipes"),
		fault("path", "minimal", workflow, "", "on: push\njobs:\n  a:\n    steps:\n      - run: kubectl apply -k deploy/kubernetes/overlays/prod\n", "deploy/kubernetes/overlays/prod: does not exist"),
		fault("path", "minimal", "Makefile", "kustomize deploy/kubernetes/overlays/", "kustomize deploy/overlays/", "deploy/overlays: does not exist"),
		fault("image", "full", component+"backup/backup.yaml", "postgres:17", "postgres:16",
			"restore.yaml:78: image: is postgres:17, but "+component+"backup/backup.yaml has 16", "is postgres:17, but "+component+"backup/backup.yaml has 16"),
		fault("owners", "minimal", "CODEOWNERS", "", "/deploy/ @acme/platform\n/terraform/ @acme/platform\n", "/terraform/: matches no file"),
		fault("user", "minimal", "Dockerfile", "USER 65532:65532", "USER 10001:65532", "is 65532, but the image runs as 10001:65532"),
		fault("user", "minimal", "Dockerfile", "USER 65532:65532", "USER nonroot", "Kubernetes cannot verify runAsNonRoot"),
	}
}

func podSeeds() []seed {
	return []seed{
		fault("autoscaler", "minimal", base+"deployment.yaml", "spec:\n", "spec:\n  replicas: 3\n", "replicas: is set, but HorizontalPodAutoscaler billing-api scales the workload"),
		fault("autoscaler", "minimal", base+"deployment.yaml", "              cpu: 500m\n", "", "container billing-api requests none"),
		fault("autoscaler", "minimal", base+"scaling.yaml", "        name: cpu\n", "        name: memory\n", "adds pods above 179 MiB of memory, but the garbage collector lets container billing-api grow up to its GOMEMLIMIT of 410 MiB"),
		fault("connections", "full", base+"scaling.yaml", "maxReplicas: 10", "maxReplicas: 14", "can have 14 pods, and 1 more during a rollout, but database.max_instances is 14"),
		fault("connections", "full", component+"database/kustomization.yaml", "MAX_INSTANCES=14", "MAX_INSTANCES=10", "but database.max_instances is 10"),
		fault("egress", "full", component+"observability/networkpolicy.yaml", "port: 4318", "port: 4317", "connects to otel-collector.observability.svc on port 4318"),
		fault("egress", "full", component+"observability/kustomization.yaml", "otel-collector.observability.svc", "otel-collector.tracing.svc", "connects to otel-collector.tracing.svc on port 4318"),
		fault("grace", "minimal", base+"deployment.yaml", "terminationGracePeriodSeconds: 35", "terminationGracePeriodSeconds: 25", "is 25s, but shutdown can take 25s"),
		fault("grace", "minimal", "compose.yaml", "stop_grace_period: 35s", "stop_grace_period: 20s", "is 20s, but shutdown can take 25s"),
		fault("grace", "minimal", "internal/httpserver/config.go", `default:"25s"`, `default:"19s"`, "the service refuses to start"),
		fault("memory-limit", "minimal", base+"deployment.yaml", "410MiB", "512MiB", "is 512 MiB, 100 % of the memory limit of 512 MiB"),
		fault("memory-limit", "minimal", base+"deployment.yaml", "memory: 512Mi", "memory: 1Gi", "is 410 MiB, 40 % of the memory limit of 1024 MiB", "limits.memory"),
		fault("request-memory", "minimal", "internal/middleware/config.go", `default:"1048576"`, `default:"10485760"`, "requests (the default of http.max_in_flight) with bodies of 10485760 bytes"),
		fault("request-memory", "minimal", base+"deployment.yaml", "memory: 512Mi", "memory: 200Mi", "has a memory limit of 200 MiB", "memory-limit"),
		fault("port", "minimal", base+"deployment.yaml", "containerPort: 8080", "containerPort: 8081", "is 8081, but server.port is 8080 (the default of server.port)"),
		fault("port", "minimal", "internal/telemetry/config.go", `default:"9090"`, `default:"9091"`, "is 9090, but metrics.port is 9091", "EXPOSE", "service billing-api.ports", "/metrics is served on metrics.port, which is 9091"),
		fault("port", "minimal", base+"deployment.yaml", "targetPort: http", "targetPort: web", "has no port of that name"),
		fault("port", "minimal", base+"deployment.yaml", "targetPort: http", "targetPort: 8000", "targets 8000, but the service listens on metrics.port 9090, server.port 8080"),
		fault("port", "minimal", "Dockerfile", "EXPOSE 8080", "EXPOSE 80", "exposes 80"),
		fault("port", "minimal", "compose.yaml", "127.0.0.1:8080:8080", "127.0.0.1:8080:80", "publishes 80"),
		fault("port", "minimal", component+"monitoring/servicemonitor.yaml", "port: metrics", "port: prometheus", "Service billing-api has no port of that name"),
		fault("port", "minimal", component+"monitoring/servicemonitor.yaml", "port: metrics", "port: http", "/metrics is served on metrics.port"),
		fault("port", "minimal", component+"monitoring/servicemonitor.yaml", "path: /metrics", "path: /prometheus", "is /prometheus, which the service does not serve"),
		fault("port", "minimal", component+"monitoring/servicemonitor.yaml", "TCP\n          port: metrics", "TCP\n          port: 9100", "targets 9100"),
		fault("port", "minimal", component+"ingress/ingress.yaml", "                  name: http", "                  name: https", "targets port https of Service billing-api, which has no such port"),
		fault("probe", "minimal", base+"deployment.yaml", "path: /ready", "path: /readyz", "requests /readyz, which the service does not serve"),
		fault("probe", "minimal", base+"deployment.yaml", "path: /health\n              port: http", "path: /health\n              port: metrics", "requests port 9090, which is metrics.port"),
		fault("probe", "minimal", base+"deployment.yaml", "timeoutSeconds: 3", "timeoutSeconds: 2", "is 2, but health checks can take 2s"),
		fault("probe", "cluster-only", component+"cluster-only/kustomization.yaml", "scheme: HTTPS", "scheme: HTTP", "uses HTTP, but the listener uses TLS"),
		fault("proxy-timeout", "minimal", component+"ingress/ingress.yaml", "  annotations:\n", "  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: \"10\"\n", "is 10s, but the service can take 15s to answer"),
		fault("quota", "minimal", base+"namespace.yaml", "limits.memory: 9Gi", "limits.memory: 5Gi", "limits.memory: is 5Gi, but maxReplicas, a rollout and all jobs together need 5632Mi"),
		fault("quota", "minimal", base+"namespace.yaml", `pods: "18"`, `pods: "10"`, "together need 11"),
		fault("secret", "full", component+"database/kustomization.yaml", "/database/url", "/database/uri", "is /run/secrets/billing-api/database/uri, but volume database contains ca.crt, url"),
		fault("secret", "full", component+"database/kustomization.yaml", "=/run/secrets/billing-api/database/url", "=/run/secrets/database/url", "container billing-api mounts no volume there", "container migrate mounts no volume there"),
		fault("secret", "full", component+"database/kustomization.yaml", "secretName: billing-api-database", "secretName: billing-database", "refers to Secret billing-database, which does not exist"),
		fault("secret", "cluster-only", component+"cluster-only/certificate.yaml", "secretName: billing-api-tls", "secretName: billing-tls", "refers to Secret billing-api-tls"),
		fault("selector", "minimal", base+"deployment.yaml", "  selector:\n    app.kubernetes.io/name: billing-api", "  selector:\n    app.kubernetes.io/name: billing", "selects pods with app.kubernetes.io/name=billing"),
		fault("selector", "minimal", base+"scaling.yaml", "      app.kubernetes.io/name: billing-api", "      app: billing-api", "selects pods with app=billing-api"),
		fault("selector", "minimal", base+"scaling.yaml", "    name: billing-api\n  #", "    name: billing\n  #", "refers to Deployment billing, which does not exist"),
		fault("selector", "minimal", base+"scaling.yaml", "minAvailable: 2", "minAvailable: 3", "the budget blocks node drains"),
		fault("selector", "minimal", component+"monitoring/servicemonitor.yaml", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: billing-api", "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: billing", "selects pods with"),
	}
}

func textSeeds() []seed {
	return []seed{
		fault("address", "minimal", component+"ingress/ingress.yaml", "host: billing-api.example.com", "host: billing.example.com", "is billing.example.com, which is not listed in docs/operate.md"),
		fault("address", "minimal", "deploy/kubernetes/overlays/staging/kustomization.yaml", "namespace: billing-api-staging", "namespace: billing-api-live", "is billing-api-live, which is not listed in docs/operate.md"),
		fault("command", "minimal", "Makefile", "rollout status deployment/billing-api", "rollout status deployment/billing", "no manifest has Deployment billing"),
		fault("command", "minimal", "Makefile", "--namespace billing-api-$(ENV)", "--namespace billing-app-$(ENV)", "namespace billing-app-: no overlay has this namespace"),
		fault("metric-name", "minimal", "docs/api.md", "`api_version_requests_total`", "`api_version_request_total`", "looks like a metric of the service"),
		fault("start", "minimal", base+"kustomization.yaml", "SERVICE__PROFILE=production", "SERVICE__PROFILE=prod", `is "prod", which is not a profile`),
		fault("start", "minimal", component+"ingress/kustomization.yaml", "      - BILLING_API_SERVER__TLS__TERMINATED_BY_PROXY=true\n", "", "refuses to start without TLS"),
		fault("alert-test", "minimal", watch+"tests/alerts.yaml", "alertname: AvailabilityBudgetBurnsFast", "alertname: AvailabilityGone", "AvailabilityGone: has a unit test, but is not an alert"),
		fault("runbook", "full", watch+"alerts-backup.yaml", "alert: BackupOverdue", "alert: BackupLate", "does not link to its section", "BackupLate: has no section", "BackupOverdue: is not an alert"),
		fault("runbook", "minimal", watch+"alerts.yaml", "#availabilitybudgetburnsfast", "#availability", "does not link to its section"),
		fault("syntax", "minimal", base+"scaling.yaml", "  metrics:\n", "  metrics: [\n", "cannot be parsed"),
		fault("variable", "minimal", base+"kustomization.yaml", "SERVICE__PROFILE", "SERVICE__PROFIL", "BILLING_API_SERVICE__PROFIL: is not a setting: the service refuses to start with it (variable): use BILLING_API_SERVICE__PROFILE"),
		fault("variable", "minimal", base+"deployment.yaml", "- name: GOMEMLIMIT", "- name: GOMEMORYLIMIT", "is not read", "but no GOMEMLIMIT"),
		fault("variable", "full", component+"observability/kustomization.yaml", "OTEL_METRICS_EXPORTER", "OTEL_METRIC_EXPORTER", "is not read"),
		fault("variable", "full", "docs/observability.md", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_URL", "is not a variable of the OpenTelemetry SDK"),
		fault("variable", "minimal", "docs/configuration.md", "BILLING_API_SERVER__PORT", "BILLING_API_SERVER__PORTS", "use BILLING_API_SERVER__PORT"),
	}
}
