import { haproxy, haproxySplice } from './haproxy.ts'
import { nginxStream } from './nginx-stream.ts'
import type { Peer } from './peer.ts'

/** The first is the one that the goals name. */
export const PEERS: readonly [Peer, ...Peer[]] = [haproxy, haproxySplice, nginxStream]
