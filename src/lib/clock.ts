/** Time as an argument: the centre reads no clock. */
export interface Clock {
  /** Milliseconds since 1970, UTC. */
  now(): number
  /** Runs `callback` once after `milliseconds`; the returned function takes it back. */
  after(milliseconds: number, callback: () => void): () => void
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes metadata times. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`
}
