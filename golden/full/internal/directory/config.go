package directory

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config holds the settings of the owner directory.
type Config struct {
	URL         string        `yaml:"url" default:"" doc:"Where the service is that knows owners, such as https://people.example.com/v1/owners: it answers GET of this, a slash and an owner with 2xx, or with 404 for one that it does not know. Empty accepts every owner."`
	Timeout     time.Duration `yaml:"timeout" default:"2s" doc:"Time in which the directory must answer; below server.request_timeout."`
	DialTimeout time.Duration `yaml:"dial_timeout" default:"1s" doc:"Time in which a connection to it must be established, and encrypted; at most 10s."`
}

// maxDialTimeout is far beyond what a connection in one data centre takes.
const maxDialTimeout = 10 * time.Second

// Validate checks the settings.
func (c Config) Validate() error {
	var errs []error
	if _, err := c.parse(); err != nil {
		errs = append(errs, fmt.Errorf("directory.url: %w", err))
	}
	if c.Timeout <= 0 {
		errs = append(errs, errors.New("directory.timeout: must be above 0s"))
	}
	if c.DialTimeout <= 0 || c.DialTimeout > maxDialTimeout {
		errs = append(errs, fmt.Errorf("directory.dial_timeout: %s is not above 0s and at most %s", c.DialTimeout, maxDialTimeout))
	}
	return errors.Join(errs...)
}

// parse returns the URL, or nil if there is none. Its errors never show it: it
// may hold what was meant to be a secret.
func (c Config) parse() (*url.URL, error) {
	if c.URL == "" {
		return nil, nil //nolint:nilnil // no directory is a choice
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, errors.New("is not a URL such as https://people.example.com/v1/owners")
	case u.User != nil:
		return nil, errors.New("must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must end with its path")
	}
	return u, nil
}
