package cluster

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/acton-go/acton-new/internal/process"
)

// watchScript is what a project has to see its autoscaler work.
const watchScript = "test/load/hpa.sh"

// scale lets the project's own script watch what happens.
func scale(c *Cluster, m manifest) error {
	watch := exec.Command("bash", watchScript, m.namespace(), "3m")
	watch.Dir = m.dir
	watch.Env = []string{"HOME=" + c.dir, "KUBECONFIG=" + c.Kubeconfig, "INTERVAL=1", "PATH=" + filepath.Dir(c.tools.path("kubectl")) + ":/usr/bin:/bin"}
	p, err := process.Start(watch)
	if err != nil {
		return err
	}
	defer p.Stop(0)
	if err := p.Await(c.Patience, func() error { // it has counted what there is
		if p.Tail(1) == "" {
			return errors.New("it says nothing")
		}
		return nil
	}); err != nil {
		return err
	}
	if err := c.Scales(m.namespace(), m.project); err != nil {
		return err
	}
	<-p.Ended()
	if out := p.Tail(20); !strings.Contains(out, "ok    more under load") || !strings.Contains(out, "ok    fewer without") {
		return fmt.Errorf("%s has not seen it:\n%s", watchScript, out)
	}
	return nil
}
