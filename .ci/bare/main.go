// Command bare answers every request with one fixed JSON document. It is the
// yardstick of .ci/throughput: what net/http alone can do on this machine.
package main

import (
	"log"
	"net/http"
	"os"
)

func main() {
	document, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document)
	})
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
