package httpapi

import (
	"fmt"
	"net/http"
	"regexp"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/acme/billing-api/internal/middleware"
	"github.com/acme/billing-api/internal/problem"
)

// Version is a version of the API, such as v1. The paths of its routes start with its name.
type Version struct {
	name   string
	router *Router
	api    huma.API
	usage  *usage
}

var versionName = regexp.MustCompile(`^v[1-9][0-9]*$`)

// configureHuma sets the global variables of huma. Strict casing refuses "Title" in place of "title".
var configureHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	problem.UseForHuma()
})

// Version adds a version of the API. It panics if the name is invalid or taken, or if the lifecycle is inconsistent.
func (r *Router) Version(name string, l Lifecycle) *Version {
	if !versionName.MatchString(name) || r.versions[name] != nil {
		panic(fmt.Sprintf("httpapi: version %q is taken, or not v and a number", name))
	}
	if err := l.validate(); err != nil {
		panic(fmt.Sprintf("httpapi: version %s: %v", name, err))
	}
	configureHuma()
	v := &Version{name: name, router: r, usage: newUsage(name, l, r.meter, r.log)}
	// Without paths in this config, huma adds no routes for documents and schemas.
	config := huma.Config{OpenAPI: &huma.OpenAPI{
		Info:    &huma.Info{Title: "billing-api", Version: name},
		Servers: []*huma.Server{{URL: "/" + name}},
	}}
	v.api = jsonAPI{huma.NewAPI(config, adapter{v})}
	r.versions[name] = v
	return v
}

// add adds a route. path is relative to the version.
func (v *Version) add(method, path string, route middleware.Route, handler http.HandlerFunc) {
	route.Template, route.APIVersion = "/"+v.name+path, v.name
	v.router.add(method, route, func(w http.ResponseWriter, r *http.Request) {
		if gone := v.usage.record(r.Context(), w.Header()); gone {
			problem.Write(w, r, problem.New(http.StatusGone, "", "this version of the API is no longer available"))
			return
		}
		handler(w, r)
	})
}
