package httpapi

import (
	"os"
	"path/filepath"
	"testing"
)

// The project records one refusal of each kind. These are the others.
func TestFurtherRefusalsKeepWhatIsRecorded(t *testing.T) {
	t.Chdir(t.TempDir())
	file := filepath.Join("v1", "refusals.txt")
	if err := os.Mkdir("v1", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(furtherRefusals), 0o600); err != nil {
		t.Fatal(err)
	}
	replay(t, file, map[string]bool{})
}

const furtherRefusals = `Further error responses.

-- request --
POST /v1/notes
Content-Type: application/json

{"owner":"ada","title":"Groceries"}

-- response --
201 Created
Content-Type: application/json
Etag: "1"
Location: /v1/notes/note_00000000000000000000000001

{"id":"note_00000000000000000000000001","owner":"ada","title":"Groceries","body":"","version":1,"created_at":"2026-01-02T03:04:06Z","updated_at":"2026-01-02T03:04:06Z"}

-- request --
POST /v1/notes
Content-Type: application/json

{"owner":"two words","title":" "}

-- response --
422 Unprocessable Entity
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Unprocessable Entity","status":422,"detail":"validation failed","code":"validation_failed","request_id":"req_1","errors":[{"location":"body.owner","message":"must not contain spaces or invisible characters"},{"location":"body.title","message":"must not be empty"}]}

-- request --
POST /v1/notes

-- response --
400 Bad Request
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Bad Request","status":400,"detail":"request body is required","code":"bad_request","request_id":"req_1"}

-- request --
GET /v1/notes?limit=1000

-- response --
422 Unprocessable Entity
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Unprocessable Entity","status":422,"detail":"validation failed","code":"validation_failed","request_id":"req_1","errors":[{"location":"query.limit","message":"expected number <= 100"}]}

-- request --
GET /v1/notes?sort=title

-- response --
422 Unprocessable Entity
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Unprocessable Entity","status":422,"detail":"validation failed","code":"validation_failed","request_id":"req_1","errors":[{"location":"query","message":"contains an unknown parameter"}]}

-- request --
GET /v1/notes?cursor=1

-- response --
422 Unprocessable Entity
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Unprocessable Entity","status":422,"detail":"validation failed","code":"validation_failed","request_id":"req_1","errors":[{"location":"query.cursor","message":"must be the cursor of a page"}]}

-- request --
DELETE /v1/notes/note_00000000000000000000000001
If-Match: 1

-- response --
422 Unprocessable Entity
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Unprocessable Entity","status":422,"detail":"validation failed","code":"validation_failed","request_id":"req_1","errors":[{"location":"header.If-Match","message":"must be * or a list of entity tags"}]}

-- request --
GET /v1/nothing

-- response --
404 Not Found
Cache-Control: no-store
Content-Type: application/problem+json

{"title":"Not Found","status":404,"detail":"no such path","code":"not_found","request_id":"req_1"}
`
