// The start of a machine of its own: brings its loopback up, with Portolan's own netlink.
import { openLinkSocket } from '../../dist/host/links.js'

const links = openLinkSocket()
links.apply([{ kind: 'set-up', index: 1 }])
links.close()
