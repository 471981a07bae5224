// Writes, and reaches its end without closing anything. The timer that looks after the WAL must not keep it running.
import { openDatabase } from '@kohakuvault/core-native/internal/database';

const connection = openDatabase(process.argv[2] as string, { idleCheckpoint: 0x7fffffff });
connection.transaction(() => connection.write(() => connection.shared.database.exec('CREATE TABLE mine (n)')));
