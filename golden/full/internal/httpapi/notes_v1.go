package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/acme/billing-api/internal/note"
)

// notesV1 has the handlers of /v1/notes.
type notesV1 struct {
	service *note.Service
}

// NoteV1 is a note as version 1 shows it.
type NoteV1 struct {
	ID        string    `json:"id" doc:"Identifier, given by the service." example:"note_01h455vb4pex5vsknk084sn02q"`
	Owner     string    `json:"owner" doc:"Who the note belongs to." example:"ada"`
	Title     string    `json:"title" doc:"One line." example:"Groceries"`
	Body      string    `json:"body" doc:"Lines of text." example:"Milk\nBread"`
	Version   int64     `json:"version" doc:"Grows with every change. The entity tag is this number in quotes." example:"1"`
	CreatedAt time.Time `json:"created_at" doc:"When the note was created."`
	UpdatedAt time.Time `json:"updated_at" doc:"When the note was changed last."`
}

func newNoteV1(n note.Note) NoteV1 {
	return NoteV1{
		ID: n.ID, Owner: n.Owner, Title: n.Title, Body: n.Body,
		Version: n.Version, CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt,
	}
}

// NotePageV1 is one page of a listing.
type NotePageV1 struct {
	Notes      []NoteV1 `json:"notes" doc:"In order of creation." nullable:"false"`
	NextCursor string   `json:"next_cursor,omitempty" doc:"The cursor of the next page. Without it there is none."`
}

// NoteDraftV1 is what a client sends to create a note.
type NoteDraftV1 struct {
	Owner string `json:"owner" minLength:"1" maxLength:"128" doc:"Who the note belongs to: one word." example:"ada"`
	Title string `json:"title" minLength:"1" maxLength:"200" doc:"One line." example:"Groceries"`
	Body  string `json:"body,omitempty" maxLength:"20000" doc:"Lines of text." example:"Milk\nBread"`
}

// NoteChangeV1 is what a client sends to replace title and body of a note. Both
// are required, so that a client that forgets the body does not erase it.
type NoteChangeV1 struct {
	Title string `json:"title" minLength:"1" maxLength:"200" doc:"One line." example:"Groceries"`
	Body  string `json:"body" maxLength:"20000" doc:"Lines of text." example:"Milk\nBread"`
}

type listNotesV1Input struct {
	Owner  string `query:"owner" maxLength:"128" doc:"Only notes of this owner." example:"ada"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Size of the page."`
	Cursor string `query:"cursor" maxLength:"256" doc:"From the page before."`
}

type listNotesV1Output struct {
	// A slice is added to what is there; a string would replace the links of
	// the lifecycle.
	Link []string `header:"Link" doc:"With rel=next, the next page."`
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
	ID          string `path:"id" doc:"Identifier of the note."`
	IfNoneMatch string `header:"If-None-Match" doc:"Entity tags that the client has: 304 if the note is one of them."`
}

type getNoteV1Output struct {
	Status       int
	ETag         string `header:"ETag" doc:"For If-None-Match, and for If-Match of the next change."`
	CacheControl string `header:"Cache-Control"`
	Body         *NoteV1
}

func (h notesV1) get(ctx context.Context, in *getNoteV1Input) (*getNoteV1Output, error) {
	n, err := h.service.Get(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	// A client may keep the note, and asks whether it is still the same.
	out := &getNoteV1Output{Status: http.StatusOK, ETag: etag(n.Version), CacheControl: "private, no-cache"}
	if in.IfNoneMatch != "" {
		if known, ok := parseETags(in.IfNoneMatch); ok && known.has(n.Version) {
			out.Status = http.StatusNotModified
			return out, nil
		}
	}
	body := newNoteV1(n)
	out.Body = &body
	return out, nil
}

type updateNoteV1Input struct {
	ID      string `path:"id" doc:"Identifier of the note."`
	IfMatch string `header:"If-Match" doc:"Entity tag of the version that the change was made from. Required; * means any." example:"\"1\""`
	Body    NoteChangeV1
}

type updateNoteV1Output struct {
	ETag string `header:"ETag" doc:"For If-Match of the next change."`
	Body *NoteV1
}

func (h notesV1) update(ctx context.Context, in *updateNoteV1Input) (*updateNoteV1Output, error) {
	expected, err := requireIfMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	n, err := h.service.Update(ctx, in.ID, expected.has, note.Change(in.Body))
	if err != nil {
		return nil, err
	}
	body := newNoteV1(n)
	return &updateNoteV1Output{ETag: etag(n.Version), Body: &body}, nil
}

type deleteNoteV1Input struct {
	ID      string `path:"id" doc:"Identifier of the note."`
	IfMatch string `header:"If-Match" doc:"Entity tag of the version that may be deleted. Required; * means any." example:"\"1\""`
}

// delete asks for If-Match as update does: who deletes a note that somebody
// has just changed loses that change too.
func (h notesV1) delete(ctx context.Context, in *deleteNoteV1Input) (*struct{}, error) {
	expected, err := requireIfMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return nil, h.service.Delete(ctx, in.ID, expected.has)
}
