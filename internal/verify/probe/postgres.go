package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// databaseVariable is the environment variable with the superuser URL of an existing PostgreSQL server to use. The
// server must require passwords, or the test of password rotation proves nothing.
const databaseVariable = "ACTON_TEST_DATABASE_URL"

// postgres is the database server of one script. The script has its own database and role, behind a link that can
// simulate failures.
type postgres struct {
	server *postgresServer // nil for an existing server
	admin  *url.URL        // URL of the superuser
	link   *link
	name   string // name of the database and of its owner
}

func postgresCommand(s *script, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: postgres start|stop|restart|stall|flow|sql STATEMENT|holds QUERY|password PASSWORD")
	}
	if args[0] == "start" && s.postgres == nil {
		return s.startPostgres()
	}
	p := s.postgres
	if p == nil {
		return errors.New("postgres: not started")
	}
	switch args[0] {
	case "start":
		return p.restore()
	case "stop":
		return p.fail()
	case "restart":
		return errors.Join(p.fail(), p.restore())
	case "stall":
		p.link.stall()
	case "flow":
		p.link.flow()
	case "sql":
		out, err := p.sql(p.name, strings.Join(args[1:], " "))
		s.printf("%s", out)
		return err
	case "holds":
		out, err := p.sql(p.name, strings.Join(args[1:], " "))
		if err == nil && strings.TrimSpace(out) != "t" {
			return unmetf("got %q, want t", out)
		}
		return err
	case "password":
		if len(args) != 2 {
			return errors.New("usage: postgres password PASSWORD")
		}
		if _, err := p.sql(p.name, fmt.Sprintf("ALTER ROLE %q PASSWORD '%s'", p.name, args[1])); err != nil {
			return err
		}
		s.ts.Setenv("DATABASE_URL", p.url(args[1]))
	default:
		return fmt.Errorf("unknown subcommand %q", args[0])
	}
	return nil
}

// startPostgres creates a database and its owner. It sets $DATABASE_URL and variables for its parts.
func (s *script) startPostgres() error {
	p := &postgres{name: "probe_" + strings.ToLower(rand.Text()[:10])}
	if given := os.Getenv(databaseVariable); given != "" {
		admin, err := url.Parse(given)
		if err != nil {
			return fmt.Errorf("%s: %w", databaseVariable, err)
		}
		p.admin = admin
	} else {
		c, err := s.servers.start()
		if err != nil {
			return err
		}
		p.server, p.admin = c, c.admin()
	}
	s.postgres = p
	const password = "first-password"
	for _, statement := range []string{
		fmt.Sprintf("CREATE ROLE %q LOGIN PASSWORD '%s'", p.name, password),
		fmt.Sprintf("CREATE DATABASE %q OWNER %q", p.name, p.name),
	} {
		if _, err := p.sql(strings.TrimPrefix(p.admin.Path, "/"), statement); err != nil {
			return err
		}
	}
	link, err := openLink(p.admin.Host, "")
	if err != nil {
		return err
	}
	p.link = link
	host, port, _ := strings.Cut(link.address, ":")
	for name, value := range map[string]string{
		"DATABASE_URL": p.url(password), "DATABASE_HOST": host, "DATABASE_PORT": port,
		"DATABASE_NAME": p.name, "DATABASE_USER": p.name, "DATABASE_PASSWORD": password,
	} {
		s.ts.Setenv(name, value)
	}
	return nil
}

func (p *postgres) url(password string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(p.name, password), Host: p.link.address, Path: p.name, RawQuery: "sslmode=disable"}
	return u.String()
}

// fail stops the server. For an existing server, it only cuts the link.
func (p *postgres) fail() error {
	if p.server != nil {
		if err := p.server.stop(); err != nil {
			return err
		}
	}
	p.link.cut()
	return nil
}

func (p *postgres) restore() error {
	if p.server != nil {
		if err := p.server.run(); err != nil {
			return err
		}
	}
	return p.link.restore()
}

// sql runs a statement as the superuser, without the link, and returns the rows.
func (p *postgres) sql(database, statement string) (string, error) {
	psql, err := exec.LookPath("psql")
	if err != nil {
		return "", missingPostgres("psql")
	}
	admin := *p.admin
	admin.Path = "/" + database
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, psql, "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", admin.String(), "-c", statement)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("postgres: %s: %w: %s", statement, err, errs.String())
	}
	return out.String(), nil
}

// close removes the server. On an existing server, it drops the database and the role.
func (p *postgres) close() {
	if p.link != nil {
		p.link.cut()
	}
	if p.server != nil {
		p.server.remove()
		return
	}
	database := strings.TrimPrefix(p.admin.Path, "/")
	for _, statement := range []string{
		fmt.Sprintf("DROP DATABASE IF EXISTS %q WITH (FORCE)", p.name), fmt.Sprintf("DROP ROLE IF EXISTS %q", p.name),
	} {
		if _, err := p.sql(database, statement); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

func missingPostgres(program string) error {
	return fmt.Errorf("postgres: %s not found: run apt-get install -y --no-install-recommends postgresql, or set %s",
		program, databaseVariable)
}

// serverLimit is the time limit for a test server to start or to stop.
const serverLimit = 15 * time.Second
