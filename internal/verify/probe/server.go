package probe

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/acton-go/acton-new/internal/verify/servers"
)

// serverCommand returns the command of the server of a feature, which has the name of the feature.
func serverCommand(feature string) command {
	return func(s *script, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("usage: %s start|stop|restart|stall|flow|password NEW|VERB ARGS…", feature)
		}
		server := s.servers[feature]
		if args[0] == "start" && server == nil {
			return s.startServer(feature)
		}
		if server == nil {
			return fmt.Errorf("%s: not started", feature)
		}
		switch args[0] {
		case "start":
			return server.Restore()
		case "stop":
			return server.Stop()
		case "restart":
			return errors.Join(server.Stop(), server.Restore())
		case "stall":
			server.Link().Stall()
		case "flow":
			server.Link().Flow()
		case "password":
			if _, err := server.Do("password", args[1:]...); err != nil {
				return err
			}
			return s.exportSettings(server)
		default:
			out, err := server.Do(args[0], args[1:]...)
			s.printf("%s", out)
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
				return unmet{err}
			}
			return err
		}
		return nil
	}
}

// startServer starts the server of a feature, and exports its settings.
func (s *script) startServer(feature string) error {
	server, err := s.pool.Start(feature)
	if err != nil {
		return err
	}
	s.servers[feature] = server
	return s.exportSettings(server)
}

// exportSettings sets a variable for each setting of a server, such as $SECTION__KEY.
func (s *script) exportSettings(server *servers.Server) error {
	settings, err := server.Settings()
	for _, pair := range settings {
		key, value, _ := strings.Cut(pair, "=")
		s.ts.Setenv(key, value)
	}
	return err
}
