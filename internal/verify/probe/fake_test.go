package probe

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// fakeVariable makes this test binary act as a service. The value is the fault that the script commands must find, or
// "good" for none.
const fakeVariable = "FAKE"

func TestMain(m *testing.M) {
	if fault := os.Getenv(fakeVariable); fault != "" {
		os.Exit(fake(fault))
	}
	os.Exit(m.Run())
}

func fake(fault string) int {
	if fault == "refuses" {
		fmt.Println("settings: log.level is wrong")
		return 1
	}
	if os.Args[1] != "serve" {
		fmt.Println("did", os.Args[1:])
		return 0
	}
	var requests atomic.Int64
	var slow atomic.Bool
	api := http.NewServeMux()
	api.HandleFunc("/health", func(http.ResponseWriter, *http.Request) {})
	api.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		body, _ := io.ReadAll(r.Body)
		if slow.Load() {
			time.Sleep(time.Minute)
		}
		w.Header().Set("X-Request-Id", "7")
		if r.URL.Path == "/teapot" {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprintf(w, "%s %s\n", r.Method, body)
		fmt.Printf(`{"msg":"request","path":%q,"nested":{"n":%d}}`+"\n", r.URL.Path, requests.Load())
	})
	metrics := http.NewServeMux()
	metrics.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "# TYPE requests counter\nrequests{code=\"200\",to=\"a, b\"} %d\nrequests{code=\"500\"} 0\n", requests.Load())
	})
	serve := func(port string, handler http.Handler) {
		server := &http.Server{Addr: "127.0.0.1:" + os.Getenv(port), Handler: handler, ReadHeaderTimeout: time.Second}
		fmt.Println(server.ListenAndServe())
	}
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	go serve("ORDERS_METRICS__PORT", metrics)
	go serve("ORDERS_SERVER__PORT", api)
	switch fault {
	case "deaf":
		time.Sleep(time.Minute)
	case "loses":
		<-terminate
		slow.Store(true)
		time.Sleep(200 * time.Millisecond)
	case "fails":
		<-terminate
		return 3
	case "crashes":
		panic("crash")
	default:
		<-terminate
	}
	return 0
}
