package writer

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// fillStat sets the stat data that git compares to detect an unchanged file without reading it.
func fillStat(e *index.Entry, info fs.FileInfo) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	e.CreatedAt = time.Unix(int64(stat.Ctim.Sec), int64(stat.Ctim.Nsec)) //nolint:unconvert // 32 bits on some systems
	e.Dev, e.Inode = uint32(stat.Dev), uint32(stat.Ino)
	e.UID, e.GID = stat.Uid, stat.Gid
}
