package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
)

// store is a place where what the deployment tells about itself is kept, and its HTTP API.
type store struct {
	title   string
	address string
	tenant  string
	token   string
}

// declare adds the flag for the address. A token is no flag: command lines are seen by others.
func (s *store) declare(flags *flag.FlagSet, name, title string) {
	variable := "SMOKE_" + strings.ToUpper(name) + "_TOKEN"
	s.title, s.token = title, os.Getenv(variable)
	flags.StringVar(&s.address, name, "", fmt.Sprintf("`address` of %s; $%s is its bearer token, if it wants one", title, variable))
	flags.StringVar(&s.tenant, name+"-tenant", "", fmt.Sprintf("the `tenant` in %s, for X-Scope-OrgID", title))
}

// get asks the store. What it says of a mistake is part of the error.
func (s *store) get(ctx context.Context, path string, query url.Values) (answer, error) {
	headers := []string{"Accept", "application/json"}
	if s.token != "" {
		headers = append(headers, "Authorization", "Bearer "+s.token)
	}
	if s.tenant != "" {
		headers = append(headers, "X-Scope-OrgID", s.tenant)
	}
	address := strings.TrimRight(s.address, "/") + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	a, err := send(ctx, http.MethodGet, address, nil, headers...)
	if err != nil {
		// The address may hold a password, which the error of a URL hides.
		return a, fmt.Errorf("%s: %w", s.title, err)
	}
	if a.status != http.StatusOK {
		return a, fmt.Errorf("%s answers %d: %s", s.title, a.status, excerpt(a.body))
	}
	return a, nil
}

// sum returns the value of an expression that has one series at most, and false if it has none. It is for Prometheus.
func (s *store) sum(ctx context.Context, expression string) (float64, bool, error) {
	a, err := s.get(ctx, "/api/v1/query", url.Values{"query": {expression}})
	if err != nil {
		return 0, false, err
	}
	var result struct {
		Status, Error string
		Data          struct {
			Result []struct{ Value [2]json.RawMessage }
		}
	}
	if err := json.Unmarshal(a.body, &result); err != nil {
		return 0, false, fmt.Errorf("%s: %w", s.title, err)
	}
	if result.Status != "success" {
		return 0, false, fmt.Errorf("%s: %s", s.title, cmp.Or(result.Error, "no success"))
	}
	switch len(result.Data.Result) {
	case 0:
		return 0, false, nil
	case 1:
		var text string
		if err := json.Unmarshal(result.Data.Result[0].Value[1], &text); err != nil {
			return 0, false, fmt.Errorf("%s: %w", s.title, err)
		}
		value, err := strconv.ParseFloat(text, 64)
		return value, true, err
	}
	return 0, false, errors.New(s.title + ": more than one series: " + expression)
}
