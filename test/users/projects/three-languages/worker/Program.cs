namespace Worker;
