package request

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Proxies lists the networks whose X-Forwarded-For the service trusts.
type Proxies []netip.Prefix

// ParseProxies parses networks such as 10.0.0.0/8 and addresses such as 10.1.2.3. It reports all errors at once.
func ParseProxies(list []string) (Proxies, error) {
	var proxies Proxies
	var errs []error
	for _, s := range list {
		prefix, err := netip.ParsePrefix(s)
		if addr, addrErr := netip.ParseAddr(s); addrErr == nil && addr.Zone() == "" {
			prefix, err = netip.PrefixFrom(addr, addr.BitLen()), nil
		}
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s))
		case prefix.Addr().Is4In6():
			errs = append(errs, fmt.Errorf("%q must be written as an IPv4 network", s))
		default:
			proxies = append(proxies, prefix.Masked())
		}
	}
	return proxies, errors.Join(errs...)
}

// ClientAddr returns the address of the client. remote is the peer of the connection, forwarded the values of
// X-Forwarded-For. Each proxy appends the address of its own peer, so the client is the last hop that is not a trusted
// proxy. The client may have invented everything to the left of it.
func (p Proxies) ClientAddr(remote string, forwarded []string) netip.Addr {
	client := parseHop(remote)
	if len(forwarded) == 0 {
		return client
	}
	for _, text := range slices.Backward(strings.Split(strings.Join(forwarded, ","), ",")) {
		hop := parseHop(strings.TrimSpace(text))
		if !p.trusts(client) || !hop.IsValid() {
			return client
		}
		client = hop
	}
	return client
}

func (p Proxies) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(p, func(prefix netip.Prefix) bool { return prefix.Contains(addr) })
}

// parseHop parses an address with or without a port. It drops the zone and unmaps IPv4, so that a client has one
// address.
func parseHop(s string) netip.Addr {
	withPort, err := netip.ParseAddrPort(s)
	addr := withPort.Addr()
	if err != nil {
		addr, _ = netip.ParseAddr(s) // invalid if this fails too
	}
	return addr.Unmap().WithZone("")
}
