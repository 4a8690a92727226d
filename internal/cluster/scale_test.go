package cluster

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/acton-go/acton-new/internal/process"
)

// watchScript is the script of a project that watches its autoscaler.
const watchScript = "test/load/hpa.sh"

// scale checks scaling while the project's script watches the autoscaler.
func scale(c *Cluster, m manifest) error {
	watch := exec.Command("bash", watchScript, m.namespace(), "3m")
	watch.Dir = m.dir
	watch.Env = []string{"HOME=" + c.dir, "KUBECONFIG=" + c.Kubeconfig, "INTERVAL=1", "PATH=" + filepath.Dir(c.tools.path("kubectl")) + ":/usr/bin:/bin"}
	p, err := process.Start(watch)
	if err != nil {
		return err
	}
	defer p.Stop(0)
	if err := p.Await(c.Timeout, func() error { // it has printed the current replicas
		if p.Tail(1) == "" {
			return errors.New("no output")
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.CheckScaling(m.namespace(), m.project); err != nil {
		return err
	}
	<-p.Ended()
	if out := p.Tail(20); !strings.Contains(out, "ok    more under load") || !strings.Contains(out, "ok    fewer without") {
		return fmt.Errorf("%s did not report the scaling:\n%s", watchScript, out)
	}
	return nil
}
