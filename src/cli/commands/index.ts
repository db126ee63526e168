import type { Command } from '../command.ts'
import { chart } from './chart.ts'
import { check } from './check.ts'
import { dns } from './dns.ts'
import { doctor } from './doctor.ts'
import { down } from './down.ts'
import { kubeconfig } from './kubeconfig.ts'
import { logs } from './logs.ts'
import { nft } from './nft.ts'
import { ports } from './ports.ts'
import { proxy } from './proxy.ts'
import { run } from './run.ts'
import { status } from './status.ts'
import { trace } from './trace.ts'
import { up } from './up.ts'

/** In the order in which `portolan --help` shows them. */
export const commands: readonly Command[] = [
  up,
  down,
  status,
  ports,
  check,
  trace,
  chart,
  run,
  logs,
  kubeconfig,
  nft,
  proxy,
  dns,
  doctor,
]
