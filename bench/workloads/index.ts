import { api } from './api.ts'
import { check } from './check.ts'
import { dnsFlood } from './dns-flood.ts'
import { dns } from './dns.ts'
import { fromHost } from './from-host.ts'
import { inside } from './inside.ts'
import { memory } from './memory.ts'
import { startUp } from './start-up.ts'
import type { Workload } from './workload.ts'

export const WORKLOADS: readonly Workload[] = [startUp, memory, check, fromHost, inside, dns, dnsFlood, api]
