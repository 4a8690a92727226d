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

// Version is one version of the API. Its routes lie below a path of its name.
type Version struct {
	name   string
	router *Router
	api    huma.API
	usage  *usage
}

var versionName = regexp.MustCompile(`^v[1-9][0-9]*$`)

// configureHuma sets what huma has once per process. Without strict casing it
// lets "Title" pass beside "title", unchecked, and the decoder takes either.
var configureHuma = sync.OnceFunc(func() {
	huma.ValidateStrictCasing = true
	problem.UseForHuma()
})

// Version declares a version of the API. It panics if the name is not v and a
// number or is taken, and if the lifecycle contradicts itself: these are
// mistakes in the program, and its first test finds them.
func (r *Router) Version(name string, l Lifecycle) *Version {
	if !versionName.MatchString(name) {
		panic(fmt.Sprintf("httpapi: version %q is not v and a number", name))
	}
	if r.versions[name] != nil {
		panic(fmt.Sprintf("httpapi: version %s is declared twice", name))
	}
	if err := l.validate(); err != nil {
		panic(fmt.Sprintf("httpapi: version %s: %v", name, err))
	}
	configureHuma()
	v := &Version{name: name, router: r, usage: newUsage(name, l, r.meter, r.log)}
	// The empty config leaves out huma's pages for documents and schemas, and
	// the links to them that it would put into every response.
	v.api = huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			Info:    &huma.Info{Title: "billing-api", Version: name},
			Servers: []*huma.Server{{URL: "/" + name}},
		},
	}, adapter{version: v})
	r.versions[name] = v
	return v
}

// admit does what every request to the version has in common, before its
// handler. It reports false when it has answered the request itself.
func (v *Version) admit(w http.ResponseWriter, req *http.Request) bool {
	gone := v.usage.admit(w.Header(), req)
	if gone {
		problem.Write(w, req, problem.New(http.StatusGone, "", "this version of the API is no longer served"))
	}
	return !gone
}

// add is how a route enters the router.
func (v *Version) add(method, path string, route middleware.Route, serve http.HandlerFunc) {
	route.Template, route.APIVersion = "/"+v.name+path, v.name
	v.router.add(method+" "+route.Template, &endpoint{route: route, version: v, serve: serve})
}
