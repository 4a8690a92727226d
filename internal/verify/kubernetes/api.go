package kubernetes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// object is a resource, or a part of one.
type object map[string]any

// at returns the value at a path of keys, or nil.
func (o object) at(path ...string) any {
	var value any = map[string]any(o)
	for _, key := range path {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

func (o object) text(path ...string) string { s, _ := o.at(path...).(string); return s }

// number returns an integer. JSON and YAML decode integers to different types.
func (o object) number(path ...string) int {
	switch n := o.at(path...).(type) {
	case int:
		return n
	case float64:
		return int(n)
	}
	return 0
}

// child returns the object at a path, or nil.
func (o object) child(path ...string) object {
	m, _ := o.at(path...).(map[string]any)
	return m
}

// list returns the objects of the list at a path.
func (o object) list(path ...string) []object {
	values, _ := o.at(path...).([]any)
	var all []object
	for _, v := range values {
		if m, ok := v.(map[string]any); ok {
			all = append(all, m)
		}
	}
	return all
}

func (o object) kind() string      { return o.text("kind") }
func (o object) name() string      { return o.text("metadata", "name") }
func (o object) namespace() string { return o.text("metadata", "namespace") }

// condition returns the status of a condition.
func (o object) condition(name string) string {
	for _, c := range o.list("status", "conditions") {
		if c.text("type") == name {
			return c.text("status")
		}
	}
	return ""
}

// request sends a request to the API server and returns the response body. A status of 300 or above is an error.
func (c *Cluster) request(method, path, contentType string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, c.api+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", contentType)
	response, err := c.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s: %.500s", method, path, response.Status, answer)
	}
	return answer, err
}

// get reads a resource. If into is nil, it only checks that the resource exists.
func (c *Cluster) get(path string, into *object) error {
	answer, err := c.request(http.MethodGet, path, "", nil)
	if err != nil || into == nil {
		return err
	}
	*into = nil
	return json.Unmarshal(answer, into)
}

func (c *Cluster) create(path string, o object) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	_, err = c.request(http.MethodPost, path, "application/json", body)
	return err
}

// apply creates or updates a resource with server-side apply. It takes over fields of other managers.
func (c *Cluster) apply(path string, o object) error {
	body, err := json.Marshal(o) // JSON is valid YAML
	if err != nil {
		return err
	}
	_, err = c.request(http.MethodPatch, path+"?fieldManager=test&force=true", "application/apply-patch+yaml", body)
	return err
}

// merge applies a merge patch to a resource.
func (c *Cluster) merge(path string, change object) error {
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = c.request(http.MethodPatch, path, "application/merge-patch+json", body)
	return err
}

// watch calls see with the current state and every later state of the named resource in a list, until ctx ends. Without
// a name, it watches all resources in the list.
func (c *Cluster) watch(ctx context.Context, list, name string, see func(object)) error {
	query := "?watch=true"
	if name != "" {
		query += "&fieldSelector=metadata.name=" + name
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.api+list+query, http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := c.client.Do(request) //nolint:bodyclose // the goroutine closes it
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return fmt.Errorf("watch %s: %s", list, response.Status)
	}
	go func() {
		defer response.Body.Close()
		events := json.NewDecoder(response.Body)
		for {
			var event struct{ Object object }
			if events.Decode(&event) != nil {
				return // ctx ended
			}
			see(event.Object)
		}
	}()
	return nil
}
