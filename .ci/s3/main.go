// Command s3 serves the S3 protocol from memory: s3 ADDRESS BUCKET. The test of backup and
// restore uses it as object storage.
package main

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: s3 ADDRESS BUCKET")
		os.Exit(2)
	}
	if err := serve(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "s3:", err)
		os.Exit(1)
	}
}

func serve(address, bucket string) error {
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		return err
	}
	server := http.Server{Addr: address, Handler: gofakes3.New(backend).Server(), ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
