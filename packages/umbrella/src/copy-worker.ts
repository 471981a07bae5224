// The program of the thread that copies long values, for bundlers: it is an entry of its own.
import '@kohakuvault/kvault/copy-worker';
