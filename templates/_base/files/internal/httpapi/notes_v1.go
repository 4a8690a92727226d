package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"example.com/acme/sample-service/internal/domain"
	"example.com/acme/sample-service/internal/note"
)

// notesV1 has the handlers of /v1/notes.
type notesV1 struct {
	service *note.Service
}

// NoteV1 is a note in version 1.
type NoteV1 struct {
	ID        string    `json:"id" doc:"Assigned by the service." example:"note_01h455vb4pex5vsknk084sn02q"`
	Owner     string    `json:"owner" doc:"Owner of the note." example:"ada"`
	Title     string    `json:"title" doc:"One line of text." example:"Groceries"`
	Body      string    `json:"body" doc:"Any number of lines." example:"Milk\nBread"`
	Version   int64     `json:"version" doc:"Increases with every change. The entity tag is this number in quotes." example:"1"`
	CreatedAt time.Time `json:"created_at" doc:"Time of creation."`
	UpdatedAt time.Time `json:"updated_at" doc:"Time of the last change."`
}

func newNoteV1(n note.Note) NoteV1 {
	return NoteV1{
		ID: n.ID, Owner: n.Owner, Title: n.Title, Body: n.Body,
		Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
}

// NotePageV1 is one page of a listing.
type NotePageV1 struct {
	Notes      []NoteV1 `json:"notes" doc:"At most limit notes, in the order of their IDs. Large notes make a shorter page." nullable:"false"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"The cursor of the next page; missing on the last page."`
}

// NoteDraftV1 is the body of a request that creates a note. The domain checks title and body after
// it has normalized them.
type NoteDraftV1 struct {
	Owner string `json:"owner" minLength:"1" maxLength:"128" doc:"Owner of the note: one word." example:"ada"`
	Title string `json:"title" doc:"One line of 1 to 200 characters. White space around it is removed." example:"Groceries"`
	Body  string `json:"body,omitempty" nullable:"true" doc:"Up to 20000 characters; null means none." example:"Milk\nBread"`
}

// NoteChangeV1 is the body of a request that changes a note. All fields are required: leaving out
// the body must not erase it.
type NoteChangeV1 struct {
	Title string `json:"title" doc:"One line of 1 to 200 characters. White space around it is removed." example:"Groceries"`
	Body  string `json:"body" nullable:"true" doc:"Up to 20000 characters; null means none." example:"Milk\nBread"`
}

type listNotesV1Input struct {
	Owner  string `query:"owner" maxLength:"128" doc:"Only notes of this owner." example:"ada"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Maximum number of notes in the page."`
	Cursor string `query:"cursor" maxLength:"256" doc:"next_cursor of the previous page. The pages contain every note that existed at the first request exactly once, unless it is deleted. They may miss notes created later, so do not poll for new notes with a cursor."`
}

type listNotesV1Output struct {
	// A slice, because the lifecycle of the version adds links too.
	Link []string `header:"Link" doc:"rel=next is the next page."`
	Body *NotePageV1
}

func (h notesV1) list(ctx context.Context, in *listNotesV1Input) (*listNotesV1Output, error) {
	q := note.Query{Owner: in.Owner, Limit: in.Limit}
	if in.Cursor != "" {
		after, ok := decodeCursor(in.Cursor)
		if !ok {
			return nil, invalidField("query.cursor", "must be the cursor of a page")
		}
		q.After = after
	}
	page, err := h.service.List(ctx, q)
	if err != nil {
		return nil, invalidIn("query", err)
	}
	body := &NotePageV1{Notes: make([]NoteV1, len(page.Notes))}
	for i, n := range page.Notes {
		body.Notes[i] = newNoteV1(n)
	}
	out := &listNotesV1Output{Body: body}
	if page.More {
		body.NextCursor = encodeCursor(page.Notes[len(page.Notes)-1].ID)
		next := url.Values{"limit": {strconv.Itoa(in.Limit)}, "cursor": {body.NextCursor}}
		if in.Owner != "" {
			next.Set("owner", in.Owner)
		}
		out.Link = []string{"</v1/notes?" + next.Encode() + `>; rel="next"`}
	}
	return out, nil
}

type createNoteV1Input struct {
	Body NoteDraftV1
}

type createNoteV1Output struct {
	Location string `header:"Location" doc:"Path of the note."`
	ETag     string `header:"ETag" doc:"For If-Match of the next change."`
	Body     *NoteV1
}

func (h notesV1) create(ctx context.Context, in *createNoteV1Input) (*createNoteV1Output, error) {
	n, err := h.service.Create(ctx, note.Draft(in.Body))
	if err != nil {
		return nil, err
	}
	body := newNoteV1(n)
	return &createNoteV1Output{Location: "/v1/notes/" + n.ID, ETag: etag(n.Version), Body: &body}, nil
}

type getNoteV1Input struct {
	ID string `path:"id" doc:"ID of the note."`
	Preconditions
}

type getNoteV1Output struct {
	Status       int
	ETag         string `header:"ETag" doc:"For If-None-Match, and for If-Match of the next change."`
	CacheControl string `header:"Cache-Control" doc:"Clients may store the note, and revalidate it with If-None-Match."`
	Body         *NoteV1
}

func (h notesV1) get(ctx context.Context, in *getNoteV1Input) (*getNoteV1Output, error) {
	match, noneMatch, err := in.parse()
	if err != nil {
		return nil, err
	}
	n, err := h.service.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !match.has(n.Version) {
		return nil, domain.ErrVersionMismatch
	}
	out := &getNoteV1Output{Status: http.StatusOK, ETag: etag(n.Version), CacheControl: "private, no-cache"}
	if noneMatch.has(n.Version) {
		out.Status = http.StatusNotModified
		return out, nil
	}
	body := newNoteV1(n)
	out.Body = &body
	return out, nil
}

type updateNoteV1Input struct {
	ID string `path:"id" doc:"ID of the note."`
	Preconditions
	Body NoteChangeV1
}

type updateNoteV1Output struct {
	ETag string `header:"ETag" doc:"For If-Match of the next change."`
	Body *NoteV1
}

func (h notesV1) update(ctx context.Context, in *updateNoteV1Input) (*updateNoteV1Output, error) {
	accept, err := in.forWrite()
	if err != nil {
		return nil, err
	}
	n, err := h.service.Update(ctx, in.ID, accept, note.Change(in.Body))
	if err != nil {
		return nil, err
	}
	body := newNoteV1(n)
	return &updateNoteV1Output{ETag: etag(n.Version), Body: &body}, nil
}

type deleteNoteV1Input struct {
	ID string `path:"id" doc:"ID of the note."`
	Preconditions
}

func (h notesV1) delete(ctx context.Context, in *deleteNoteV1Input) (*struct{}, error) {
	accept, err := in.forWrite()
	if err != nil {
		return nil, err
	}
	return nil, h.service.Delete(ctx, in.ID, accept)
}
