export const NO_ROOM = 'no space left on device'
/** Bytes: a transaction needs some pages. */
const LEAST_ROOM = 65_536

/** What SQLite says, in the words of the machine: it calls a write for which there is no room an I/O error. */
export function diskProblem(message: string, room: () => number): string {
  return message === 'disk I/O error' && room() < LEAST_ROOM ? NO_ROOM : message
}
