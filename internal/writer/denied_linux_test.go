package writer

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/acton-go/acton-new/internal/verify/programs"
)

// needRoot skips the test unless the user is root. In the pipeline, which runs as root, it fails instead.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("needs root; run the pipeline as root")
	}
	t.Skip("needs root; run it with sudo or in a container")
}

// mount mounts a tmpfs on a new directory. It needs root.
func mount(t *testing.T, options string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	mkdir(t, dir, 0o755)
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		needRoot(t)
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDiskLeavesNothing(t *testing.T) {
	// The sizes range from no space to enough space for the files, but not for the repository.
	for _, size := range []string{"size=4k", "size=64k", "size=424k", "nr_inodes=40", "nr_inodes=2"} {
		disk := mount(t, size)
		for _, dir := range []string{filepath.Join(disk, "service"), filepath.Join(disk, "a", "service"), disk} {
			_, err := Write(t.Context(), sampleTree(), Target{Dir: dir})
			wantError(t, err, disk, "no space left on device")
			if strings.Contains(err.Error(), "acton-new-") {
				t.Errorf("%s: the error contains the name of a temporary file: %v", size, err)
			}
			wantEntries(t, disk)
		}
	}
}

func TestWriteFillsMountPoint(t *testing.T) {
	disk := mount(t, "size=32m")
	mustWrite(t, sampleTree(), Target{Dir: disk})
	wantProject(t, disk, sampleTree())
}

func TestWriteFillsBindMountOfTheSameDevice(t *testing.T) {
	disk := mount(t, "size=32m")
	from, to := filepath.Join(disk, "from"), filepath.Join(disk, "to")
	mkdir(t, from, 0o755)
	mkdir(t, to, 0o755)
	if err := syscall.Mount(from, to, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(to, 0)
	mustWrite(t, sampleTree(), Target{Dir: to})
	wantProject(t, to, sampleTree())
	wantEntries(t, disk, "from", "to")
}

func TestWriteToReadOnlyDiskFails(t *testing.T) {
	disk := mount(t, "size=1m")
	mkdir(t, filepath.Join(disk, "empty"), 0o755)
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "size=1m"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"service", "a/service", "empty"} {
		_, err := Write(t.Context(), sampleTree(), Target{Dir: filepath.Join(disk, name)})
		wantError(t, err, disk, "read-only file system")
		wantError(t, checkError(Target{Dir: filepath.Join(disk, name)}), disk, "read-only file system")
	}
}

func TestWriteWithoutPermissionFails(t *testing.T) {
	root := shared(t)
	mkdir(t, filepath.Join(root, "parent"), 0o755)
	mkdir(t, filepath.Join(root, "parent", "empty"), 0o755)
	for _, name := range []string{"parent/service", "parent/a/service", "parent/empty"} {
		out := asNobody(t, root, filepath.Join(root, name))
		if !strings.Contains(out, "permission denied") || !strings.Contains(out, root) || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: got %q", name, out)
		}
	}
	wantEntries(t, filepath.Join(root, "parent"), "empty")
}

// The parent allows the user to create the project next to the target, but a rename cannot replace a directory that is
// not writable, and nobody could remove the rest.
func TestWriteToReadOnlyDirectoryLeavesNothing(t *testing.T) {
	root := shared(t)
	parent := filepath.Join(root, "parent")
	target := filepath.Join(parent, "empty")
	mkdir(t, parent, 0o755)
	mkdir(t, target, 0o555)
	for _, dir := range []string{parent, target} {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	if out := asNobody(t, root, target); !strings.Contains(out, "cannot write to "+target+": permission denied; make it writable") {
		t.Errorf("got %q", out)
	}
	wantEntries(t, parent, "empty")
}

func TestWriteFillsDirectoryWithReadOnlyParent(t *testing.T) {
	root := shared(t)
	dir := filepath.Join(root, "mine")
	mkdir(t, dir, 0o755)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	if out := asNobody(t, root, dir); out != "" {
		t.Fatal(out)
	}
	if diff := diffTrees(readTree(t, dir), sampleTree()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWriteKeepsTheOwnerOfAnEmptyDirectory(t *testing.T) {
	needRoot(t)
	for _, owner := range [][2]int{{nobody, 0}, {0, nobody}} {
		dir := filepath.Join(t.TempDir(), "service")
		mkdir(t, dir, 0o755)
		if err := os.Chown(dir, owner[0], owner[1]); err != nil {
			t.Fatal(err)
		}
		mustWrite(t, sampleTree(), Target{Dir: dir})
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if stat := info.Sys().(*syscall.Stat_t); int(stat.Uid) != owner[0] || int(stat.Gid) != owner[1] {
			t.Errorf("owner: got %d:%d, want %d:%d", stat.Uid, stat.Gid, owner[0], owner[1])
		}
		if diff := diffTrees(readTree(t, dir), sampleTree()); diff != "" {
			t.Errorf("files (-want +got):\n%s", diff)
		}
	}
}

const nobody = 65534

// shared returns a directory that every user can enter, with a copy of this binary.
func shared(t *testing.T) string {
	t.Helper()
	needRoot(t)
	root, err := os.MkdirTemp("", "acton-new") //nolint:usetesting // other users cannot enter t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(filepath.Join(root, "binary"), os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	return root
}

// asNobody writes a project as an unprivileged user, and returns the output.
func asNobody(t *testing.T, root, dir string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(root, "binary"))
	cmd.Dir = root
	cmd.Env = append(os.Environ(), writeTo+"="+dir, "HOME=/nonexistent")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, _ := cmd.CombinedOutput() // the output contains the error
	return string(out)
}

func TestResultKnowsThatGitRefusesTheDirectory(t *testing.T) {
	needRoot(t)
	config := filepath.Join(t.TempDir(), "gitconfig")
	t.Setenv("GIT_CONFIG_GLOBAL", config)
	for _, test := range []struct {
		owner     int
		sudo, set string
		want      bool // git works in the directory
	}{
		{0, "", "", true},
		{nobody, "", "", false},
		{nobody, "65534", "", true},
		{nobody, "1000", "", false},
		{nobody, "", "[safe]\n\tdirectory = *\n", true},
		{nobody, "", "[safe]\n\tdirectory = *\n\tdirectory =\n", false},
		{nobody, "", "[safe]\n\tdirectory = $DIR\n", true},
	} {
		dir := mount(t, "size=32m") // which is filled in place
		if err := os.Chown(dir, test.owner, test.owner); err != nil {
			t.Fatal(err)
		}
		t.Setenv("SUDO_UID", test.sudo)
		writeFile(t, config, strings.ReplaceAll(test.set, "$DIR", dir))
		if got := !mustWrite(t, sampleTree(), Target{Dir: dir}).Untrusted; got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
		if !programs.Have(t) {
			continue
		}
		cmd := exec.Command("git", "status")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); (err == nil) != test.want {
			t.Errorf("%+v: git status: %v\n%s", test, err, out)
		}
	}
}
