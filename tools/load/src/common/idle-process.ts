// Does nothing. The delays of its event loop are those that the machine gives to every process.
import { answerQuestions } from './health.ts';

answerQuestions('');
process.send?.({ ready: true });
