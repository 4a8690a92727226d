// Package exporters lists the metrics that rules and dashboards use and that other programs export. For each program,
// it records the version and the source file that declares the metrics. The service must export all other metrics.
package exporters

import "slices"

// Exporter is a program whose metrics rendered projects query.
type Exporter struct {
	Name    string
	Version string   // version of the source
	Source  string   // file that declares the metrics
	Metrics []string // sorted
}

// All returns every exporter, sorted by name.
func All() []Exporter {
	return []Exporter{
		{
			Name: "Alertmanager", Version: "v0.28.1", Source: "github.com/prometheus/alertmanager/notify/notify.go",
			Metrics: []string{
				"alertmanager_notifications_failed_total",
				"alertmanager_notifications_total",
			},
		},
		{
			// The kubelet exports these metrics at /metrics/cadvisor. Kubernetes 1.34.4 contains this version.
			Name: "cAdvisor", Version: "v0.52.1", Source: "github.com/google/cadvisor/metrics/prometheus.go",
			Metrics: []string{
				"container_cpu_cfs_periods_total",
				"container_cpu_cfs_throttled_periods_total",
				"container_cpu_usage_seconds_total",
				"container_fs_reads_bytes_total",
				"container_fs_writes_bytes_total",
				"container_memory_working_set_bytes",
				"container_network_receive_bytes_total",
				"container_network_transmit_bytes_total",
				"container_oom_events_total",
			},
		},
		{
			Name: "cert-manager", Version: "v1.21.2", Source: "github.com/cert-manager/cert-manager/internal/collectors/certificate_collector.go",
			Metrics: []string{
				"certmanager_certificate_expiration_timestamp_seconds",
				"certmanager_certificate_ready_status",
			},
		},
		{
			Name: "kube-state-metrics", Version: "v2.20.0", Source: "github.com/kubernetes/kube-state-metrics/docs/metrics",
			Metrics: []string{
				"kube_cronjob_created",
				"kube_cronjob_spec_suspend",
				"kube_cronjob_status_active",
				"kube_cronjob_status_last_schedule_time",
				"kube_cronjob_status_last_successful_time",
				"kube_deployment_created",
				"kube_deployment_spec_replicas",
				"kube_deployment_status_condition",
				"kube_deployment_status_replicas",
				"kube_deployment_status_replicas_available",
				"kube_deployment_status_replicas_ready",
				"kube_deployment_status_replicas_unavailable",
				"kube_deployment_status_replicas_updated",
				"kube_horizontalpodautoscaler_spec_max_replicas",
				"kube_horizontalpodautoscaler_spec_min_replicas",
				"kube_horizontalpodautoscaler_status_condition",
				"kube_horizontalpodautoscaler_status_current_replicas",
				"kube_horizontalpodautoscaler_status_desired_replicas",
				"kube_ingress_tls",
				"kube_job_failed",
				"kube_job_status_failed",
				"kube_persistentvolumeclaim_status_phase",
				"kube_pod_container_resource_limits",
				"kube_pod_container_resource_requests",
				"kube_pod_container_status_last_terminated_reason",
				"kube_pod_container_status_last_terminated_timestamp",
				"kube_pod_container_status_ready",
				"kube_pod_container_status_restarts_total",
				"kube_pod_container_status_running",
				"kube_pod_container_status_waiting_reason",
				"kube_pod_info",
				"kube_pod_status_phase",
				"kube_pod_status_ready",
				"kube_poddisruptionbudget_status_current_healthy",
				"kube_poddisruptionbudget_status_desired_healthy",
				"kube_poddisruptionbudget_status_pod_disruptions_allowed",
				"kube_resourcequota",
			},
		},
		{
			Name: "kubelet", Version: "v1.34.4", Source: "k8s.io/kubernetes/pkg/kubelet/metrics/collectors",
			Metrics: []string{
				"kubelet_container_log_filesystem_used_bytes",
				"kubelet_volume_stats_available_bytes",
				"kubelet_volume_stats_capacity_bytes",
				"kubelet_volume_stats_inodes",
				"kubelet_volume_stats_inodes_free",
				"kubelet_volume_stats_used_bytes",
			},
		},
		{
			// deploy/monitoring/collector/logs.yaml defines this metric with the count connector and the prometheus exporter.
			Name: "OpenTelemetry Collector", Version: "v0.155.0",
			Source:  "github.com/open-telemetry/opentelemetry-collector-contrib/connector/countconnector/README.md",
			Metrics: []string{"log_lines_total"},
		},
		{
			// Prometheus itself writes the series without its prefix, for each target and each alert.
			Name: "Prometheus", Version: "v3.5.0", Source: "github.com/prometheus/prometheus/{scrape/scrape.go,rules,notifier/metric.go}",
			Metrics: []string{
				"ALERTS",
				"prometheus_notifications_dropped_total",
				"prometheus_notifications_errors_total",
				"prometheus_rule_evaluation_failures_total",
				"scrape_duration_seconds",
				"scrape_samples_scraped",
				"up",
			},
		},
	}
}

// Lookup returns the exporter of a metric.
func Lookup(metric string) (Exporter, bool) {
	for _, e := range All() {
		if _, ok := slices.BinarySearch(e.Metrics, metric); ok {
			return e, true
		}
	}
	return Exporter{}, false
}
