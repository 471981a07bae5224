import 'kohakuvault/copy-worker';
