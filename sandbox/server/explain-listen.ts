import { CapraError } from '../../src/engine/errors.ts';

/** Why a server can't listen, in one sentence. */
export function explainListen(error: NodeJS.ErrnoException, host: string, port: number): CapraError {
  const sentences: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use by another program. Stop that program, or choose another port: --port ${port + 1}`,
    EACCES: `this user may not listen on port ${port}. Choose a port above 1023: --port 4321`,
    EADDRNOTAVAIL: `${host} is no address of this machine. Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for the network.`,
    ENOTFOUND: `the host name ${host} is not known. Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for the network.`,
    EAI_AGAIN: `the host name ${host} could not be looked up. Use an address, for example --host 127.0.0.1`,
  };
  const sentence = sentences[error.code ?? ''];
  return new CapraError(
    'listen',
    sentence ??
      `the server can't listen on ${host}, port ${port} (${error.message}). Try another --host or --port.`,
    { cause: error },
  );
}
