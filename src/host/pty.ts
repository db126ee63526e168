import { checked, libc } from './libc.ts'

const O_RDWR_NOCTTY_CLOEXEC = 0o2 | 0o400 | 0o2000000
const TIOCSPTLCK = 0x40045431
const TIOCGPTPEER = 0x5441
const TIOCSWINSZ = 0x5414

/** A terminal of its own: what is written at one end comes out at the other. The descriptors are the caller's to close. */
export interface Terminal {
  /** The side of whoever looks at the screen. */
  readonly master: number
  /** The side of the program. */
  readonly slave: number
}

/** Throws where the machine has no /dev/ptmx, or no more terminals. */
export function openTerminal(): Terminal {
  const { open, ioctl, close } = libc()
  const master = checked('open /dev/ptmx', open('/dev/ptmx', O_RDWR_NOCTTY_CLOEXEC, 0))
  try {
    checked('ioctl(TIOCSPTLCK)', ioctl(master, TIOCSPTLCK, new Int32Array([0])))
    // Linux 4.13. The flags stand where a pointer stands with other requests.
    return { master, slave: checked('ioctl(TIOCGPTPEER)', ioctl(master, TIOCGPTPEER, BigInt(O_RDWR_NOCTTY_CLOEXEC))) }
  } catch (error) {
    close(master)
    throw error
  }
}

/** The program hears of it by SIGWINCH. */
export function resizeTerminal(terminal: Terminal, columns: number, rows: number): void {
  libc().ioctl(terminal.master, TIOCSWINSZ, new Uint16Array([rows, columns, 0, 0]))
}
