/** The part of irc-framework 4.14 that is used here; it comes without types. */
declare module 'irc-framework' {
  export class Client {
    connection: { transport?: { socket?: { unref(): void } | null } | null }
    connect(options: Record<string, unknown>): void
    raw(...parts: (string | number)[]): void
    quit(message?: string): void
    on(event: 'raw', listener: (event: { line: string; from_server: boolean }) => void): void
    on(event: 'sasl failed', listener: (event: { reason: string }) => void): void
    on(event: 'registered' | 'close' | 'socket close', listener: () => void): void
    off(event: 'raw', listener: (event: { line: string; from_server: boolean }) => void): void
    off(event: 'close' | 'socket close', listener: () => void): void
  }
  const irc: { Client: typeof Client }
  export default irc
}
