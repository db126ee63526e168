import type { StandInPort } from '../stand-in-ports.ts'

/** Who answers. */
export interface Identity {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  readonly node: string
  readonly image: string
  readonly podIP: string
  readonly hostname: string
}

export interface StandIn {
  readonly id: number
  readonly identity: Identity
  /** Path of the Pod's network namespace; absent: the process's own. */
  readonly netns?: string
  readonly ports: readonly StandInPort[]
  readonly logPath: string
}

/** From the kubelet: one message for all that happened in one moment. */
export interface Orders {
  readonly start: readonly StandIn[]
  readonly kill: readonly { readonly id: number; readonly signal: 'SIGTERM' | 'SIGKILL' }[]
}

/** To the kubelet, likewise. */
export interface Reports {
  readonly started: readonly number[]
  readonly exited: readonly { readonly id: number; readonly exitCode: number; readonly message?: string }[]
}
