package probe

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/acton-go/acton-new/internal/features"
)

// recorder is a stub of testscript.T that records failures.
type recorder struct {
	mu     sync.Mutex
	log    strings.Builder
	failed bool
}

func (r *recorder) Log(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fmt.Fprintln(&r.log, args...)
}

func (r *recorder) FailNow()          { r.failed = true; runtime.Goexit() }
func (r *recorder) Fatal(args ...any) { r.Log(args...); r.FailNow() }
func (r *recorder) Skip(...any)       { runtime.Goexit() }
func (r *recorder) Parallel()         {}
func (r *recorder) Verbose() bool     { return false }

func (r *recorder) Run(_ string, f func(testscript.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(r)
	}()
	<-done
}

// scripts maps names to a script for the fake service and its expected error. The error is empty if the script must
// pass.
var scripts = map[string][2]string{
	"alive":                  {"service start FAKE=good\nhttp GET /x -has ^GET\nservice stop", ""},
	"two":                    {"service start a FAKE=good\nservice start b FAKE=good\nhttp GET $URL_B/x\n! log -i a path=/x\nlog -i b path=/x\nservice stop", ""},
	"job":                    {"setting FAKE=good\nservice run config check\nstdout 'did .config check.'", ""},
	"jobs together":          {"setting FAKE=good\nservice together 3 migrate up\nstdout -count=3 'did .migrate up.'\nsetting FAKE=refuses\n! service together 2 x", ""},
	"end before alive":       {"! service start FAKE=refuses\nstdout log.level", ""},
	"end is not alive":       {"service start FAKE=refuses", "exit code 1 before it was alive"},
	"alive is not the end":   {"! service start FAKE=good", "succeeded, but must fail"},
	"crash":                  {"service start FAKE=crashes", "exit code 2 before it was alive"},
	"exit code":              {"service start FAKE=fails\nservice stop", "ended with exit code 3, want 0"},
	"exit code wanted":       {"service start FAKE=fails\n! service stop", ""},
	"deaf to the signal":     {"service start FAKE=deaf\nservice stop -within 300ms", "has not stopped within 300ms"},
	"lost requests":          {"service start FAKE=loses\nload start GET /x\neventually 5s metric requests > 20\nservice stop", "requests were lost"},
	"load without loss":      {"service start FAKE=good\nload start POST /x -d y\neventually 5s metric requests > 20\nload stop\nstdout '^200 [1-9]'\nservice stop", ""},
	"balanced":               {"service start a FAKE=good\nservice start b FAKE=good\nbalancer start\nbalancer sends a b\nload start POST $BALANCER/x -d y\neventually 5s log -i a path=/x\neventually 5s log -i b path=/x\nload stop\nstdout '^200 [1-9]'\n! stdout '^(502|lost)'\nservice kill b\nbalancer sends a\nhttp GET $BALANCER/x\nservice kill a\nbalancer sends\nhttp GET $BALANCER/x -status 502", ""},
	"balanced without drain": {"service start a FAKE=loses\nservice start b FAKE=good\nbalancer start\nbalancer sends a b\nload start POST $BALANCER/x -d y\neventually 5s log -i a path=/x\nservice stop a\nload stop\n! stdout ^502", "unexpected match"},
	"balanced otherwise":     {"service start a FAKE=good\nbalancer start\n! balancer sends\nbalancer sends", "the balancer sends to"},
	"killed":                 {"service start FAKE=good\nservice kill\n! http GET /x\nservice start FAKE=good\nservice stop", ""},
	"unknown instance":       {"! http GET /x", "was not started"},
	"status":                 {"service start FAKE=good\nhttp GET /teapot", "got 418"},
	"status wanted":          {"service start FAKE=good\nhttp GET /teapot -status 418\n! http GET /teapot", ""},
	"answer":                 {"service start FAKE=good\nhttp POST /x -d hello -has '^POST hello$' -has '^X-Request-Id: 7'\nlet ID '^X-Request-Id: (.*)$'\nlog nested.n=1\nhttp GET /$ID\nlog path=/7", ""},
	"answer that differs":    {"service start FAKE=good\nhttp GET /x -has absent", "does not match absent"},
	"mistake is no success":  {"service start FAKE=good\n! http GET", "usage: http"},
	"log without the line":   {"service start FAKE=good\nlog msg=absent", "none of the"},
	"log with the line":      {"service start FAKE=good\nhttp GET /x\nlog path=/x\n! log path=/x", "succeeded, but must fail"},
	"log counted":            {"service start FAKE=good\nhttp GET /x\nhttp GET /x\nlog -count 2 path=/x\nlog -count 1 path=/x", "got 2, want 1"},
	"log that is not JSON":   {"service start FAKE=loses\nservice stop\n! log unparsed=~.", ""},
	"metric":                 {"service start FAKE=good\nhttp GET /x\nmetric 'requests{code=\"200\",to=\"a, b\"}' == 1\nmetric requests == 1\n! metric requests{code!~\"...\"}\n! metric request", ""},
	"metric that differs":    {"service start FAKE=good\nmetric requests > 0", "got 0, want > 0"},
	"metric kept":            {"service start FAKE=good\nhttp GET /x\nmetric -keep N requests == 1\nhttp GET /x\nmetric requests == $N+1", ""},
	"metric without sense":   {"service start FAKE=good\n! metric requests{code}", "is not LABEL"},
	"open request":           {"service start FAKE=good\nbegin POST /x -d abc -has 'POST abc'\n! log path=/x\nfinish\nlog path=/x", ""},
	"open stream":            {"service start FAKE=good\nbegin GET /x -has 'GET $'\nlog path=/x\nfinish", ""},
	"eventually":             {"service start FAKE=good\neventually 300ms http GET /teapot", "not within 300ms"},
	"always":                 {"service start FAKE=good\nalways 200ms http GET /x\nalways 200ms ! http GET /x", "succeeded, but must fail"},
	"collector not reached":  {"collector start\n! collector reached\ncollector reached", "no client has connected"},
	"collector that is down": {"collector start\ncollector stop\n! http GET http://$COLLECTOR/\ncollector start\nhttp GET http://$COLLECTOR/ -status 400\n! collector metric name=x", "want traces, metrics or logs"},
	"collector that stalls":  {"service start FAKE=good\ncollector start\ncollector stall\nbegin POST http://$COLLECTOR/ -d abc -status 400\ncollector reached\ncollector flow\nfinish", ""},
}

func TestScriptCommandsFindFaults(t *testing.T) {
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "script.txtar")
			if err := os.WriteFile(file, []byte(script[0]+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			var r recorder
			Run(&r, Service{Binary: binary, Name: "orders"}, []string{file})
			if want := script[1]; r.failed != (want != "") || !strings.Contains(r.log.String(), want) {
				t.Errorf("failed: %t, want %q in\n%s", r.failed, want, r.log.String())
			}
		})
	}
}

func TestComposeAddsSetupsAndStop(t *testing.T) {
	manifest := func(text string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("title: T\nsummary: S.\n" + text)}
	}
	fsys := fstest.MapFS{
		"_base/feature.yaml": manifest(""), "_base/files/x": {}, "_base/probes/boots.txtar": {Data: []byte("service start\n-- f --\nbase\n")},
		"_features/a/feature.yaml": manifest("group: g\n"), "_features/a/files/y": {},
		"_features/a/probes/setup.txtar": {Data: []byte("server start\n-- g --\nsetup\n")}, "_features/a/probes/works.txtar": {Data: []byte("ask a\n")},
	}
	catalog, err := features.Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	compose := func(names ...string) map[string]string {
		set, err := catalog.Resolve(features.Selection{Features: names})
		if err != nil {
			t.Fatal(err)
		}
		files, err := Compose(fsys, set, StepProbe, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]string{}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.Base(file)] = string(data)
		}
		return found
	}
	const end = "\n# The service must stop gracefully.\nservice stop\n"
	boots := "# From templates/_base/probes/boots.txtar.\nservice start\n\n" + end
	setup := "# From templates/_features/a/probes/setup.txtar.\nserver start\n\n"
	if diff := cmp.Diff(map[string]string{"base.boots.txtar": boots + "-- f --\nbase\n"}, compose()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want := map[string]string{
		"base.boots.txtar": setup + boots + "-- g --\nsetup\n-- f --\nbase\n",
		"a.works.txtar":    setup + "# From templates/_features/a/probes/works.txtar.\nask a\n\n" + end + "-- g --\nsetup\n",
	}
	if diff := cmp.Diff(want, compose("a")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCollectorReceivesHTTPAndGRPC(t *testing.T) {
	message, err := proto.Marshal(&tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{{
		Name: "GET /v1/notes", Kind: tracepb.Span_SPAN_KIND_SERVER, TraceId: []byte{1, 2}, SpanId: []byte{3},
		Attributes: []*commonpb.KeyValue{{Key: "http.route", Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "/v1/notes"}}}},
	}}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	want := record{
		"name": "GET /v1/notes", "kind": "server", "trace_id": "0102", "span_id": "03", "parent_id": "", "scope": "", "status": "unset",
		"http.route": "/v1/notes",
	}
	prefixed := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message)))
	for name, test := range map[string]struct {
		path, kind string
		body       []byte
		protocols  func(*http.Protocols)
	}{
		"http": {"/v1/traces", "application/x-protobuf", message, func(p *http.Protocols) { p.SetHTTP1(true) }},
		"grpc": {"/opentelemetry.proto.collector.trace.v1.TraceService/Export", "application/grpc+proto", append(prefixed, message...),
			func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }},
	} {
		t.Run(name, func(t *testing.T) {
			c, listener, err := newCollector("")
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			go c.serve(listener)
			transport := &http.Transport{Protocols: new(http.Protocols)}
			test.protocols(transport.Protocols)
			defer transport.CloseIdleConnections()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+c.link.Address+test.path, bytes.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", test.kind)
			response, err := transport.RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadAll(response.Body); err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if status := response.Trailer.Get("Grpc-Status"); response.StatusCode != http.StatusOK || name == "grpc" && status != "0" {
				t.Errorf("got %s and status %q", response.Status, status)
			}
			spans, _, err := c.received()
			if diff := cmp.Diff([]record{want}, spans); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestCollectorIgnoresAnIncompleteRequest(t *testing.T) {
	c, listener, err := newCollector("")
	if err != nil {
		t.Fatal(err)
	}
	go c.serve(listener)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.link.Address)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "POST /v1/traces HTTP/1.1\r\nHost: collector\r\nContent-Length: 100\r\n\r\nhalf"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(conn); len(answer) > 0 {
		t.Errorf("got response %q (%v), want none", answer, err)
	}
	conn.Close()
	c.close() // waits for the request
	if spans, _, err := c.received(); len(spans) > 0 || err != nil {
		t.Errorf("got %v and %v, want neither spans nor an error", spans, err)
	}
}
