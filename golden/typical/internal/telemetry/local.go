package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Local returns the options for metrics that are scraped and not exported.
func Local(service, version string) []sdk.Option {
	return []sdk.Option{
		sdk.WithExemplarFilter(exemplar.AlwaysOffFilter), // exemplars point at traces
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", service),
			attribute.String("service.version", version),
		)),
	}
}
