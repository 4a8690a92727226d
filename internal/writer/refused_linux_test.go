package writer

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/acton-go/acton-new/internal/gitconfig"
	"github.com/acton-go/acton-new/internal/verify/programs"
)

// callNumbers are the system calls that refuseCalls can refuse.
var callNumbers = map[string]uint32{"flock": unix.SYS_FLOCK, "fsync": unix.SYS_FSYNC, "fchmodat": unix.SYS_FCHMODAT}

// refuseCalls makes system calls of this process fail with an error number, as on a file system that does not support
// them. With the number 0 a call does nothing and succeeds. The kernel refuses them, so libraries see it too.
func refuseCalls(list string) error {
	if list == "" {
		return nil
	}
	program := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number of the call
	for _, refusal := range strings.Split(list, ",") {
		name, number, _ := strings.Cut(refusal, "=")
		var errno uint32
		if _, err := fmt.Sscan(number, &errno); err != nil || callNumbers[name] == 0 {
			return fmt.Errorf("refuse %s: %w", refusal, err)
		}
		program = append(program,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: callNumbers[name], Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno})
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	filter := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&filter)))
	if errno != 0 {
		return errno
	}
	return nil
}

// writeRefused writes a project in a process in which calls fail, and returns its output.
func writeRefused(dir string, calls ...string) string {
	cmd := writeCommand(dir)
	cmd.Env = append(cmd.Env, refusals+"="+strings.Join(calls, ","))
	out, _ := cmd.CombinedOutput() // the output contains the error
	return string(out)
}

func refusal(call string, errno syscall.Errno) string { return fmt.Sprintf("%s=%d", call, errno) }

func TestWriteNeedsNoLocksAndNoSync(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSYS, syscall.ENOTSUP, syscall.EINVAL, syscall.ENOLCK} {
		for _, call := range []string{"flock", "fsync"} {
			root := t.TempDir()
			mount := filepath.Join(root, "in place")
			writeFile(t, mkdirAll(t, mount, gitDir, "refs", "heads")+"/../../HEAD", "ref: refs/heads/trunk\n")
			mkdirAll(t, mount, gitDir, "objects")
			for _, dir := range []string{filepath.Join(root, "service"), mount} {
				if out := writeRefused(dir, refusal(call, errno)); out != "" {
					t.Errorf("%s fails with %v: %s", call, errno, out)
					continue
				}
				wantProject(t, dir, sampleTree())
			}
			wantEntries(t, root, "in place", "service")
		}
	}
}

// Other errors are those of a broken disk.
func TestWriteFailsWithTheDisk(t *testing.T) {
	for _, call := range []string{"flock", "fsync"} {
		root := t.TempDir()
		out := writeRefused(filepath.Join(root, "service"), refusal(call, syscall.EIO))
		if !strings.Contains(out, "input/output error") || !strings.Contains(out, root) {
			t.Errorf("%s fails with EIO: got %q", call, out)
		}
		wantEntries(t, root)
	}
}

// Without locks no run can tell whether the run of a journal has ended.
func TestRunThatCannotLockExplainsTheJournal(t *testing.T) {
	dir := t.TempDir()
	j, err := newJournal(dir)
	if err != nil {
		t.Fatal(err)
	}
	j.close()
	out := writeRefused(dir, refusal("flock", syscall.ENOLCK))
	if !strings.Contains(out, "has no locks") || !strings.Contains(out, "remove") || !strings.Contains(out, dir) {
		t.Errorf("got %q", out)
	}
	wantEntries(t, dir, filepath.Base(j.path))
}

// With core.filemode, git status would list every file as changed if all files are executable, and lose the executable bit
// if none is.
func TestRepositoryKnowsThatModesAreNotKept(t *testing.T) {
	root := t.TempDir()
	for _, test := range []struct {
		calls []string
		want  string
	}{{nil, "true"}, {[]string{refusal("fchmodat", 0)}, "false"}, {[]string{refusal("fchmodat", syscall.EPERM)}, "false"}} {
		dir := filepath.Join(root, "service")
		if out := writeRefused(dir, test.calls...); out != "" {
			t.Fatal(out)
		}
		settings := gitconfig.ReadRepository(filepath.Join(dir, gitDir), os.Getenv)
		if got := settings.Get("core.filemode"); got != test.want {
			t.Errorf("%s: core.filemode: got %q, want %s", test.calls, got, test.want)
		}
		if test.want == "false" && programs.Have(t) {
			for _, f := range sampleTree() {
				if err := os.Chmod(filepath.Join(dir, f.Path), 0o777); err != nil {
					t.Fatal(err)
				}
			}
			if out := runGit(t, dir, "status", "--porcelain"); out != "" {
				t.Errorf("git status with executable files: %s", out)
			}
		}
		os.RemoveAll(dir)
	}
}

func TestEmptyDirectoryKeepsTheModeThatCannotBeSet(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "service")
	mkdir(t, dir, 0o700)
	if out := writeRefused(dir, refusal("fchmodat", syscall.EPERM)); out != "" {
		t.Fatal(out)
	}
	wantProject(t, dir, sampleTree())
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode: got %v, %v, want 0700", info.Mode(), err)
	}
}
