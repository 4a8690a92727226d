package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/exemplar"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Local returns options for the metrics of the build of a service that are
// scraped and nothing else.
func Local(service, version string) []sdk.Option {
	return []sdk.Option{
		sdk.WithExemplarFilter(exemplar.AlwaysOffFilter), // there are no traces to point at
		sdk.WithResource(resource.NewSchemaless(
			attribute.String("service.name", service),
			attribute.String("service.version", version),
		)),
	}
}
