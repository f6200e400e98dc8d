/** Ends the command with one line on stderr: exit 1 where it was refused or failed, 2 where it was called wrongly. */
export class Failure extends Error {
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'Failure'
    this.exitCode = exitCode
  }
}

/** The command was called wrongly. */
export const usage = (message: string): Failure => new Failure(message, 2)
