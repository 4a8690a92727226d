// Command bare answers every request with one fixed JSON document: the baseline of .ci/throughput, net/http with the time
// limits that a server on a network needs.
package main

import (
	"log"
	"net/http"
	"os"
	"time"
)

func main() {
	document, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	server := http.Server{
		Addr: os.Args[1],
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(document)
		}),
		// The defaults of the service.
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       75 * time.Second,
	}
	log.Fatal(server.ListenAndServe())
}
