// Command stores is a stub of Loki and Tempo for .ci/load. It answers the queries of the smoke test from the real log
// and spans of the service. Arguments: ADDRESS LOG.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

func main() {
	traces := &traces{spans: map[string][]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /loki/api/v1/query_range", func(w http.ResponseWriter, r *http.Request) { serveLines(w, r, os.Args[2]) })
	mux.HandleFunc("POST /v1/traces", traces.receive)
	mux.HandleFunc("GET /api/traces/{id}", traces.find)
	server := http.Server{Addr: os.Args[1], Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.ListenAndServe())
}

// query matches the supported LogQL queries: a selector by service, and a line filter.
var query = regexp.MustCompile(`^\{service_name="([^"]+)"\} \|= ("[^"]+")$`)

// serveLines returns the log lines that match the query.
func serveLines(w http.ResponseWriter, r *http.Request, file string) {
	parts := query.FindStringSubmatch(r.FormValue("query"))
	since, err := time.ParseDuration(r.FormValue("since"))
	if parts == nil || err != nil || since <= 0 {
		http.Error(w, fmt.Sprintf("parse error: %v", r.Form), http.StatusBadRequest)
		return
	}
	text, err := strconv.Unquote(parts[2])
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, err := os.Open(file)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer data.Close()
	result := []any{}
	for lines := bufio.NewScanner(data); lines.Scan(); {
		var fields struct{ Service string }
		if json.Unmarshal(lines.Bytes(), &fields) == nil && fields.Service == parts[1] && strings.Contains(lines.Text(), text) {
			result = append(result, map[string]any{
				"stream": map[string]string{"service_name": fields.Service},
				"values": [][]string{{strconv.FormatInt(time.Now().UnixNano(), 10), lines.Text()}},
			})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"status": "success", "data": map[string]any{"resultType": "streams", "result": result}})
}

// traces maps trace IDs to the names of their spans.
type traces struct {
	mu    sync.Mutex
	spans map[string][]string
}

func (t *traces) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var data tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &data)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, resource := range data.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			for _, span := range scope.Spans {
				id := hex.EncodeToString(span.TraceId)
				t.spans[id] = append(t.spans[id], span.Name)
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (t *traces) find(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	names, ok := t.spans[r.PathValue("id")]
	t.mu.Unlock()
	if !ok {
		http.Error(w, "trace not found", http.StatusNotFound)
		return
	}
	var spans []map[string]string
	for _, name := range names {
		spans = append(spans, map[string]string{"name": name})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"batches": []any{map[string]any{"scopeSpans": []any{map[string]any{"spans": spans}}}}})
}
